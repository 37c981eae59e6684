// The unified customer as a fold of facts: the same facts in the same order of (at, seq) give the
// same state, whether folded one by one as they come or all at once from the store.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/fact.h"
#include "models/ids.h"
#include "models/survivorship.h"
#include "models/time.h"

namespace guanxi::models {

// Where a value came from. Every value keeps it.
struct Source {
  std::string platform;
  std::string channel;
  std::int64_t seq = 0;      // inbox row
  std::string pack;          // version by which the row was read
  std::string pack_hash;     // of the pack's resolved content; kept with facts, not with each value
  Time at{};                 // when it became true
  bool from_answer = false;  // an API answer, not an event

  bool operator==(const Source&) const = default;
  // The order of folding.
  std::pair<Time, std::int64_t> order() const { return {at, seq}; }
};

// One value that a channel states for a field; null says the channel cleared it.
struct Candidate {
  Json value;
  Source source;
  std::uint8_t rank = SourceOrder::kPlatform;  // of the source for this field; 0 is best
  bool unproven = false;                       // nothing proved who said it

  bool operator==(const Candidate&) const = default;
  // Why it comes before another that is not null, if it does.
  enum class Lead : std::uint8_t { none, order_of_sources, proven, newer };
  Lead lead_over(const Candidate& other) const;
};

// A field's candidates, the latest of each channel. Of those that are not null the one of the best
// source wins; of sources as good what was proven, then what is newest.
class Field {
 public:
  Field() = default;
  explicit Field(std::vector<Candidate> candidates) : candidates_(std::move(candidates)) {}

  // Takes a newer statement of its channel, and ranks all by the order; true if the winning value
  // changed. A value said again keeps the source that said it first, so that a source tells since
  // when a value holds. What is unproven leaves the value that its channel has proven.
  bool offer(Candidate candidate, const SourceOrder& order = Survivorship::usual().of({}));
  // The winner; null when nobody states a value.
  const Candidate* winner() const;
  const std::vector<Candidate>& candidates() const { return candidates_; }

  bool operator==(const Field&) const = default;

 private:
  std::vector<Candidate> candidates_;
};
using Fields = std::map<std::string, Field, std::less<>>;

struct CustomerIdentity {
  Identity identity;
  std::string platform;
  std::string channel;  // the first that named it
  Time first_seen{};
  Time last_seen{};
  Source source = {};  // what named it first
  // What was stated or decided of it is at odds with something: whoever changes who is who reads
  // all.
  bool contested = false;

  bool operator==(const CustomerIdentity&) const = default;
};

// One stretch of time during which a staff member followed the customer.
struct RelationPeriod {
  std::optional<Time> since;  // absent: it was known only by its end
  std::optional<Time> until;
  std::string reason;                // why it ended: the pack's word
  std::string state;                 // the channel code with which it began
  std::optional<Source> began = {};  // what says since when
  std::optional<Source> ended = {};  // what says until when, and why

  bool operator==(const RelationPeriod&) const = default;
};

struct Relation {
  Identity customer;
  Identity staff;
  std::string platform;
  std::string channel;
  std::string status;  // "active", "pending", "ended", "failed"
  std::string reason;
  std::optional<Source> status_source;  // what says so
  bool ended_by_event = false;          // then a later API answer does not reopen it
  std::vector<RelationPeriod> periods;  // oldest first
  Fields fields;                        // remark, description, add_way, state, tags, phones, …
  Time last_at{};

  bool operator==(const Relation&) const = default;
  // Since when in its present status; nothing before the first period.
  std::optional<Time> since() const;
  std::optional<Time> until() const;
};

// What applying a fact changed, for the change feed.
struct Effect {
  enum class Kind : std::uint8_t {
    updated,
    relation_started,
    relation_ended,
    relation_transferred,
    tag_changed,
  } kind{};
  Identity staff;  // of relation effects
  bool operator==(const Effect&) const = default;
};

struct Customer {
  Uuid id;
  std::int64_t version = 0;  // 0: not yet written
  Time created_at{};
  Time updated_at{};
  std::vector<CustomerIdentity> identities;
  Fields fields;  // name, avatar_url, gender, company.name, company.title, attributes.*, …
  std::vector<Relation> relations;
  // Platform and channel of whatever said something of the customer.
  std::set<std::pair<std::string, std::string>> places;
  std::optional<Source> origin;  // of the earliest relation or lead
  std::string origin_state;
  std::optional<Time> first_seen_at;
  std::optional<Time> last_interaction_at;
  Time folded_at{};  // order of the newest fact applied
  std::int64_t folded_seq = 0;

  bool operator==(const Customer&) const = default;

  // True if facts of that order can be applied on top; else the customer is folded anew from the
  // store.
  bool accepts(const Source& source) const;
};

// Applies the facts of one event that belong to this customer, whose `identities` are the ones it
// owns: what facts say of identities that are not among them is left to their owner. Facts with
// `complete` are a whole list of relations: those of the same customer identity with staff not
// listed (nor among the values of the field `also_listed`, from earlier pages) are over.
std::vector<Effect> apply(Customer& customer, const std::vector<Fact>& facts, const Source& source,
                          const Survivorship& survivorship = Survivorship::usual());

// The winning value of a field; null when unknown.
Json value_of(const Fields& fields, std::string_view name);

// All phones and e-mails stated for the customer, deduplicated, in order of first statement.
std::vector<std::string> phones_of(const Customer& customer);
std::vector<std::string> emails_of(const Customer& customer);

// As what e-mails are compared: they are written with and without capitals.
std::string email_key(std::string_view email);

// By what a customer can be filtered. Values are plain for platform, channel, staff and tag.
struct Facet {
  enum class Kind : std::uint8_t { platform = 1, channel, staff, tag, phone, email } kind{};
  std::string value;
  auto operator<=>(const Facet&) const = default;
};
std::vector<Facet> facets_of(const Customer& customer);  // sorted, unique

// The whole state as JSON and back, for the store. Nothing for what customer_state() did not write.
Json customer_state(const Customer& customer);
std::optional<Customer> customer_from_state(const Json& json);

}  // namespace guanxi::models
