-- Changes that come from reading old rows again.
ALTER TABLE feed_change ADD COLUMN replayed {int} NOT NULL DEFAULT 0;

-- Which version was put in force when, and by which entry that was taken back.
CREATE TABLE IF NOT EXISTS activation (
  id {serial},
  platform {text:64} NOT NULL,
  channel {text:255} NOT NULL,
  version {text:64} NOT NULL,
  shadow {int} NOT NULL,
  takes_back {bigint} NOT NULL,
  at {bigint} NOT NULL
) {rows};

-- Requests that no recipe proved, kept as they came until one does.
CREATE TABLE IF NOT EXISTS quarantine (
  id {serial},
  tenant_id {int} NOT NULL,
  channel_id {int} NOT NULL,
  received_at {bigint} NOT NULL,
  request {blob} NOT NULL
) {rows};
CREATE INDEX quarantine_by_channel ON quarantine (channel_id, id);
