-- What is stated of identities: in which sense, and where it is at odds.
ALTER TABLE evidence ADD COLUMN nature {int} NOT NULL DEFAULT 0;
CREATE INDEX evidence_by_b ON evidence (b);
ALTER TABLE identity ADD COLUMN contest {int} NOT NULL DEFAULT 0;
ALTER TABLE identity ADD COLUMN stated_by {key};
-- Of an identity whose person was erased: what is older than this is nobody's.
ALTER TABLE identity ADD COLUMN erased_at {bigint};

-- Whom else a change of the feed names, and the identities that went along.
ALTER TABLE feed_change ADD COLUMN details {blob};

-- What people decided of who is who. It only grows.
CREATE TABLE IF NOT EXISTS decision (
  id {serial},
  tenant_id {int} NOT NULL,
  kind {int} NOT NULL,
  at {bigint} NOT NULL,
  made_by {text:255} NOT NULL,
  overrides {int} NOT NULL,
  customer_id {key},
  into_id {key},
  takes_back {bigint} NOT NULL,
  sides {blob} NOT NULL
) {rows};
CREATE INDEX decision_taken_back ON decision (takes_back);

CREATE TABLE IF NOT EXISTS decision_identity (
  identity_id {key} NOT NULL,
  decision_id {bigint} NOT NULL,
  PRIMARY KEY (identity_id, decision_id)
) {small_rows};

-- Joins that the rules do not make by themselves.
CREATE TABLE IF NOT EXISTS suggestion (
  id {key} NOT NULL PRIMARY KEY,
  tenant_id {int} NOT NULL,
  a {key} NOT NULL,
  b {key} NOT NULL,
  via {key},
  rejected {int} NOT NULL,
  reason {int} NOT NULL,
  trust {int} NOT NULL,
  at {bigint} NOT NULL,
  seq {bigint} NOT NULL,
  rule {text:255} NOT NULL
) {rows};
CREATE INDEX suggestion_by_a ON suggestion (a);
CREATE INDEX suggestion_by_b ON suggestion (b);
CREATE INDEX suggestion_by_via ON suggestion (via);
CREATE INDEX suggestion_by_tenant ON suggestion (tenant_id, rejected, id);

-- Customers that are one person with another.
CREATE TABLE IF NOT EXISTS merged (
  tenant_id {int} NOT NULL,
  id {key} NOT NULL,
  into_id {key} NOT NULL,
  version {bigint} NOT NULL,
  PRIMARY KEY (tenant_id, id)
) {small_rows};

CREATE TABLE IF NOT EXISTS lineage (
  id {serial},
  tenant_id {int} NOT NULL,
  kind {int} NOT NULL,
  customer_id {key} NOT NULL,
  other_id {key} NOT NULL,
  at {bigint} NOT NULL,
  decision_id {bigint} NOT NULL,
  identities {blob} NOT NULL
) {rows};
CREATE INDEX lineage_by_customer ON lineage (customer_id, id);
CREATE INDEX lineage_by_other ON lineage (other_id, id);

-- Receipts of erasures.
CREATE TABLE IF NOT EXISTS erasure (
  id {key} NOT NULL PRIMARY KEY,
  tenant_id {int} NOT NULL,
  customer_id {key} NOT NULL,
  at {bigint} NOT NULL,
  receipt {long_text} NOT NULL
) {rows};
