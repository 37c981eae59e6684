CREATE TABLE IF NOT EXISTS meta (
  name {text:64} NOT NULL PRIMARY KEY,
  content {blob} NOT NULL
) {rows};

CREATE TABLE IF NOT EXISTS tenant (
  id {serial},
  name {text:255} NOT NULL UNIQUE
) {rows};

CREATE TABLE IF NOT EXISTS channel (
  id {serial},
  tenant_id {int} NOT NULL,
  name {text:255} NOT NULL UNIQUE,
  platform {text:64} NOT NULL,
  first_used_at {bigint} NOT NULL
) {rows};

CREATE TABLE IF NOT EXISTS arrival (
  id {serial},
  tenant_id {int} NOT NULL,
  payloads {int} NOT NULL,
  size {int} NOT NULL,
  parcel {blob} NOT NULL
) {rows};

CREATE TABLE IF NOT EXISTS inbox (
  seq {serial},
  tenant_id {int} NOT NULL,
  channel_id {int} NOT NULL,
  status {int} NOT NULL DEFAULT 0,
  shard {int} NOT NULL,
  kind {int} NOT NULL DEFAULT 0,
  received_at {bigint} NOT NULL,
  recipe {text:255} NOT NULL,
  format {text:64} NOT NULL,
  dedupe {key} NOT NULL UNIQUE,
  call_name {text:255},
  arguments {blob},
  page {long_text},
  cause {bigint},
  run {bigint},
  payload {blob} NOT NULL
) {rows};
CREATE INDEX inbox_by_status ON inbox (status, seq);

CREATE TABLE IF NOT EXISTS answer (
  run {bigint} NOT NULL,
  seq {bigint} NOT NULL,
  PRIMARY KEY (run, seq)
) {small_rows};

CREATE TABLE IF NOT EXISTS reading (
  seq {bigint} NOT NULL PRIMARY KEY,
  event {text:255} NOT NULL,
  event_at {bigint},
  pack {text:255} NOT NULL,
  error {text:1000} NOT NULL,
  worked_at {bigint} NOT NULL
) {rows};

CREATE TABLE IF NOT EXISTS identity (
  id {key} NOT NULL PRIMARY KEY,
  tenant_id {int} NOT NULL,
  kind {text:255} NOT NULL,
  name_space {text:255} NOT NULL,
  scope {long_text} NOT NULL,
  content {blob} NOT NULL,
  sealed {int} NOT NULL,
  side {int} NOT NULL,
  customer_id {key}
) {rows};
CREATE INDEX identity_by_customer ON identity (customer_id);

CREATE TABLE IF NOT EXISTS evidence (
  a {key} NOT NULL,
  b {key} NOT NULL,
  seq {bigint} NOT NULL,
  rule {text:255} NOT NULL,
  tenant_id {int} NOT NULL,
  trust {int} NOT NULL,
  at {bigint} NOT NULL,
  PRIMARY KEY (a, b, seq, rule)
) {rows};

CREATE TABLE IF NOT EXISTS fact (
  seq {bigint} NOT NULL,
  subject {key} NOT NULL,
  tenant_id {int} NOT NULL,
  at {bigint} NOT NULL,
  body {blob} NOT NULL,
  PRIMARY KEY (seq, subject)
) {rows};

CREATE TABLE IF NOT EXISTS history (
  subject {key} NOT NULL,
  mark {bigint} NOT NULL,
  at {bigint} NOT NULL,
  seq {bigint} NOT NULL,
  part {int} NOT NULL,
  PRIMARY KEY (subject, mark, at, seq, part)
) {small_rows};

CREATE TABLE IF NOT EXISTS inbox_identity (
  seq {bigint} NOT NULL,
  identity_id {key} NOT NULL,
  PRIMARY KEY (seq, identity_id)
) {small_rows};

CREATE TABLE IF NOT EXISTS customer (
  tenant_id {int} NOT NULL,
  id {key} NOT NULL,
  version {bigint} NOT NULL,
  updated_at {bigint} NOT NULL,
  last_change {bigint} NOT NULL,
  name {long_text} NOT NULL,
  document {blob} NOT NULL,
  PRIMARY KEY (tenant_id, id)
) {rows};

CREATE TABLE IF NOT EXISTS facet (
  content {key} NOT NULL,
  customer_id {key} NOT NULL,
  PRIMARY KEY (content, customer_id)
) {small_rows};

CREATE TABLE IF NOT EXISTS entity (
  id {key} NOT NULL PRIMARY KEY,
  tenant_id {int} NOT NULL,
  kind {int} NOT NULL,
  version {bigint} NOT NULL,
  updated_at {bigint} NOT NULL,
  document {blob} NOT NULL
) {rows};

CREATE TABLE IF NOT EXISTS feed (
  tenant_id {int} NOT NULL PRIMARY KEY,
  position {bigint} NOT NULL
) {rows};

CREATE TABLE IF NOT EXISTS feed_change (
  tenant_id {int} NOT NULL,
  position {bigint} NOT NULL,
  at {bigint} NOT NULL,
  type {text:64} NOT NULL,
  object_type {text:64} NOT NULL,
  object_id {long_text} NOT NULL,
  customer_id {key},
  version {bigint} NOT NULL,
  PRIMARY KEY (tenant_id, position)
) {small_rows};
CREATE INDEX feed_change_by_time ON feed_change (tenant_id, at);

CREATE TABLE IF NOT EXISTS task (
  id {serial},
  tenant_id {int} NOT NULL,
  channel_id {int} NOT NULL,
  same {key} NOT NULL UNIQUE,
  state {int} NOT NULL,
  due_at {bigint} NOT NULL,
  wanted_at {bigint},
  attempts {int} NOT NULL,
  fence {bigint} NOT NULL,
  run {bigint} NOT NULL,
  cause {bigint} NOT NULL,
  call_name {text:255} NOT NULL,
  arguments {blob} NOT NULL,
  page {long_text} NOT NULL,
  error {text:1000} NOT NULL
) {rows};
CREATE INDEX task_by_due ON task (state, due_at);
CREATE INDEX task_by_cause ON task (cause);

CREATE TABLE IF NOT EXISTS lease (
  name {text:255} NOT NULL PRIMARY KEY,
  holder {text:255} NOT NULL,
  until {bigint} NOT NULL
) {rows};

CREATE TABLE IF NOT EXISTS token (
  channel_id {int} NOT NULL,
  name {text:255} NOT NULL,
  generation {bigint} NOT NULL,
  expires_at {bigint} NOT NULL,
  content {blob} NOT NULL,
  PRIMARY KEY (channel_id, name)
) {rows};

CREATE TABLE IF NOT EXISTS api_key (
  id {key} NOT NULL PRIMARY KEY,
  hash {text:255} NOT NULL UNIQUE,
  tenant_id {int} NOT NULL,
  name {text:255} NOT NULL,
  scopes {long_text} NOT NULL,
  created_at {bigint} NOT NULL,
  revoked_at {bigint}
) {rows};

CREATE TABLE IF NOT EXISTS drift (
  id {key} NOT NULL PRIMARY KEY,
  tenant_id {int} NOT NULL,
  channel_id {int} NOT NULL,
  pack {text:255} NOT NULL,
  kind {int} NOT NULL,
  event {text:255} NOT NULL,
  pointer {text:1000} NOT NULL,
  sample {text:255} NOT NULL,
  times {bigint} NOT NULL,
  first_at {bigint} NOT NULL,
  last_at {bigint} NOT NULL
) {rows};
