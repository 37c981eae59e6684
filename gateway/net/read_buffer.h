// Bytes received and not yet understood. Memory is taken with the first byte and grows on demand.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace guanxi::net {

class ReadBuffer {
 public:
  std::string_view data() const { return {bytes_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  void consume(std::size_t size) {
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // Room for at least `size` more bytes behind the data.
  char* room(std::size_t size) {
    if (capacity_ - end_ < size) make_room(size);
    return bytes_.get() + end_;
  }
  std::size_t room_size() const { return capacity_ - end_; }
  void filled(std::size_t size) { end_ += size; }

 private:
  static constexpr std::size_t kFirst = 4096;

  void make_room(std::size_t size) {
    const std::size_t used = end_ - begin_;
    std::size_t capacity = capacity_ == 0 ? kFirst : capacity_;
    while (capacity - used < size) capacity *= 2;
    if (capacity == capacity_) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, used);
    } else {
      std::unique_ptr<char[]> bytes(new char[capacity]);
      if (used > 0) std::memcpy(bytes.get(), bytes_.get() + begin_, used);
      bytes_ = std::move(bytes);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace guanxi::net
