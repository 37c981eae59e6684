CREATE TABLE IF NOT EXISTS arrival (
  id {serial},
  tenant_id {int} NOT NULL,
  payloads {int} NOT NULL,
  size {int} NOT NULL,
  parcel {blob} NOT NULL
) {rows};
