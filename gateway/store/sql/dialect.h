// The few places where the two databases' SQL differs, as words in braces within statement texts.
#pragma once

#include <string>
#include <string_view>

namespace guanxi::store::sql {

// A text expands word by word: "{name}" or "{name:argument}".
//
//   word               meaning
//   {serial}           primary key numbered by the database, numbers never used twice
//   {int} {bigint}     integers of 32 and 64 bits
//   {key}              16 bytes, compared bytewise
//   {text:n}           text of at most n bytes, compared bytewise
//   {long_text}        text without limit, not indexed
//   {blob}             bytes without limit
//   {rows}             what stands behind a table
//   {small_rows}       the same, stored within the primary key
//   {keep:column}      behind an INSERT: a row whose key exists is left alone
//   {replace:columns}  behind an INSERT, before assignments: a row whose key exists is changed
//   {new:column}       in such an assignment: the value that was to be inserted
//   {old:column}       in such an assignment: the value that stands
//   {for_update}       behind a SELECT: nobody else changes these rows before the commit
//   {for_share}        the same, but others may ask for it, too
//   {has_table:name}   a whole query: 1 if there is such a table, else 0
//   {last_id}          the number given to the row inserted last
struct Dialect {
  std::string (*word)(std::string_view name, std::string_view argument);

  std::string expand(std::string_view text) const;
};

}  // namespace guanxi::store::sql
