CREATE TABLE IF NOT EXISTS arrival (
  id {serial},
  payloads {int} NOT NULL,
  size {int} NOT NULL,
  parcel {blob} NOT NULL
) {rows};
