-- Domain records, written only inside postings. Tables with a revision are updated, one revision at a time;
-- tables without one are evidence and never change.
CREATE TABLE channel (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  hub_key BLOB NOT NULL CHECK (length(hub_key) = 32),
  downloader_key BLOB NOT NULL CHECK (length(downloader_key) = 32),
  infohash BLOB NOT NULL CHECK (length(infohash) = 32),
  manifest_digest BLOB NOT NULL CHECK (length(manifest_digest) = 32),
  budget_msat INTEGER NOT NULL CHECK (budget_msat >= 0),
  max_price_per_mib_msat INTEGER NOT NULL CHECK (max_price_per_mib_msat >= 0),
  expires_unix_ms INTEGER NOT NULL,
  status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 4),
  funded_msat INTEGER NOT NULL CHECK (funded_msat >= 0),
  settled_msat INTEGER NOT NULL CHECK (settled_msat >= 0),
  refunded_msat INTEGER NOT NULL CHECK (refunded_msat >= 0),
  refund_destination TEXT,
  created_unix_ms INTEGER NOT NULL,
  closes_unix_ms INTEGER,
  closed_unix_ms INTEGER,
  revision INTEGER NOT NULL CHECK (revision > 0),
  CONSTRAINT channel_spends_at_most_what_was_funded CHECK (settled_msat + refunded_msat <= funded_msat)
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_by_infohash ON channel (infohash);
CREATE INDEX channel_by_downloader ON channel (downloader_key);
CREATE INDEX channel_by_status ON channel (status, expires_unix_ms);

CREATE TABLE "grant" (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  channel_id BLOB NOT NULL REFERENCES channel (id),
  seeder_key BLOB NOT NULL CHECK (length(seeder_key) = 32),
  limit_msat INTEGER NOT NULL CHECK (limit_msat >= 0),
  price_per_mib_msat INTEGER NOT NULL CHECK (price_per_mib_msat >= 0),
  expires_unix_ms INTEGER NOT NULL,
  body BLOB NOT NULL,
  status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 2),
  last_sequence INTEGER NOT NULL CHECK (last_sequence >= 0),
  settled_bytes INTEGER NOT NULL CHECK (settled_bytes >= 0),
  settled_msat INTEGER NOT NULL CHECK (settled_msat >= 0),
  last_receipt_hash BLOB NOT NULL CHECK (length(last_receipt_hash) = 32),
  created_unix_ms INTEGER NOT NULL,
  closes_unix_ms INTEGER,
  revision INTEGER NOT NULL CHECK (revision > 0),
  CONSTRAINT grant_settles_at_most_its_limit CHECK (settled_msat <= limit_msat)
) STRICT, WITHOUT ROWID;
CREATE INDEX grant_by_channel ON "grant" (channel_id);
CREATE INDEX grant_by_seeder ON "grant" (seeder_key);
CREATE INDEX grant_by_closing ON "grant" (closes_unix_ms) WHERE closes_unix_ms IS NOT NULL AND status = 1;

CREATE TABLE settlement (
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  grant_id BLOB NOT NULL REFERENCES "grant" (id),
  first_sequence INTEGER NOT NULL CHECK (first_sequence > 0),
  last_sequence INTEGER NOT NULL,
  bytes INTEGER NOT NULL CHECK (bytes > 0),
  amount_msat INTEGER NOT NULL CHECK (amount_msat >= 0),
  receipts BLOB NOT NULL,
  tail_signature BLOB NOT NULL CHECK (length(tail_signature) = 64),
  settled_unix_ms INTEGER NOT NULL,
  CONSTRAINT settlement_runs_forward CHECK (last_sequence >= first_sequence),
  CONSTRAINT settlement_follows_once UNIQUE (grant_id, first_sequence)
) STRICT;

CREATE TABLE evidence (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  grant_id BLOB NOT NULL CHECK (length(grant_id) = 16),
  reason TEXT NOT NULL,
  first BLOB NOT NULL,
  second BLOB NOT NULL,
  observed_unix_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX evidence_by_grant ON evidence (grant_id);

CREATE TABLE payee (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4),
  owner TEXT NOT NULL,
  destination TEXT,
  revision INTEGER NOT NULL CHECK (revision > 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX payee_by_owner ON payee (owner);

CREATE TABLE payout (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  payee_id BLOB REFERENCES payee (id),
  channel_id BLOB REFERENCES channel (id),
  destination TEXT NOT NULL,
  amount_msat INTEGER NOT NULL CHECK (amount_msat > 0),
  fee_limit_msat INTEGER NOT NULL CHECK (fee_limit_msat >= 0),
  fee_paid_msat INTEGER NOT NULL CHECK (fee_paid_msat >= 0),
  payment_hash BLOB CHECK (payment_hash IS NULL OR length(payment_hash) = 32),
  preimage BLOB CHECK (preimage IS NULL OR length(preimage) = 32),
  invoice TEXT,
  status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 5),
  reason TEXT,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  next_attempt_unix_ms INTEGER NOT NULL,
  created_unix_ms INTEGER NOT NULL,
  finished_unix_ms INTEGER,
  revision INTEGER NOT NULL CHECK (revision > 0),
  CONSTRAINT payout_has_one_source CHECK ((payee_id IS NULL) <> (channel_id IS NULL)),
  CONSTRAINT payout_is_sent_under_a_hash CHECK (status NOT IN (2, 3) OR payment_hash IS NOT NULL),
  CONSTRAINT payout_succeeds_with_a_preimage CHECK ((status = 3) = (preimage IS NOT NULL))
) STRICT, WITHOUT ROWID;
-- One payout under a hash; after one that failed for good, another may try the same invoice.
CREATE UNIQUE INDEX payout_pays_a_hash_once ON payout (payment_hash) WHERE status <> 4;
CREATE INDEX payout_by_payee ON payout (payee_id, created_unix_ms);
CREATE INDEX payout_by_channel ON payout (channel_id);
CREATE INDEX payout_by_status ON payout (status, next_attempt_unix_ms);

CREATE TABLE payout_line (
  payout_id BLOB NOT NULL REFERENCES payout (id),
  line INTEGER NOT NULL CHECK (line > 0),
  settlement_id BLOB CHECK (settlement_id IS NULL OR length(settlement_id) = 16),
  manifest_digest BLOB NOT NULL CHECK (length(manifest_digest) = 32),
  amount_msat INTEGER NOT NULL CHECK (amount_msat > 0),
  PRIMARY KEY (payout_id, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX payout_line_by_settlement ON payout_line (settlement_id);

CREATE TABLE invoice (
  payment_hash BLOB PRIMARY KEY NOT NULL CHECK (length(payment_hash) = 32),
  channel_id BLOB NOT NULL REFERENCES channel (id),
  request_id BLOB NOT NULL CHECK (length(request_id) = 16),
  amount_msat INTEGER NOT NULL CHECK (amount_msat > 0),
  bolt11 TEXT NOT NULL,
  status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 3),
  paid_msat INTEGER NOT NULL CHECK (paid_msat >= 0),
  pay_index INTEGER,
  created_unix_ms INTEGER NOT NULL,
  expires_unix_ms INTEGER NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0),
  CONSTRAINT invoice_answers_one_request UNIQUE (channel_id, request_id),
  CONSTRAINT invoice_paid_has_an_amount CHECK ((status = 2) = (paid_msat > 0))
) STRICT, WITHOUT ROWID;

CREATE TABLE invoice_cursor (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  pay_index INTEGER NOT NULL CHECK (pay_index >= 0),
  revision INTEGER NOT NULL CHECK (revision > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE manifest (
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  infohash BLOB NOT NULL CHECK (length(infohash) = 32),
  infohash_v1 BLOB CHECK (infohash_v1 IS NULL OR length(infohash_v1) = 20),
  sequence INTEGER NOT NULL CHECK (sequence >= 0),
  creator TEXT NOT NULL,
  body BLOB NOT NULL,
  receipt BLOB NOT NULL,
  registered_unix_ms INTEGER NOT NULL,
  CONSTRAINT manifest_has_one_body_a_sequence UNIQUE (infohash, sequence)
) STRICT;
CREATE INDEX manifest_by_infohash_v1 ON manifest (infohash_v1) WHERE infohash_v1 IS NOT NULL;
CREATE INDEX manifest_by_creator ON manifest (creator);

CREATE TABLE seeder (
  public_key BLOB PRIMARY KEY NOT NULL CHECK (length(public_key) = 32),
  name TEXT NOT NULL,
  destination TEXT NOT NULL,
  registered_unix_ms INTEGER NOT NULL,
  signed_unix_seconds INTEGER NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER channel_revision_rises BEFORE UPDATE ON channel WHEN NEW.revision <= OLD.revision
BEGIN SELECT RAISE(ABORT, 'channel_revision_rises'); END;
CREATE TRIGGER channel_stays BEFORE DELETE ON channel
BEGIN SELECT RAISE(ABORT, 'channel_stays'); END;
CREATE TRIGGER grant_revision_rises BEFORE UPDATE ON "grant" WHEN NEW.revision <= OLD.revision
BEGIN SELECT RAISE(ABORT, 'grant_revision_rises'); END;
CREATE TRIGGER grant_stays BEFORE DELETE ON "grant"
BEGIN SELECT RAISE(ABORT, 'grant_stays'); END;
CREATE TRIGGER payee_revision_rises BEFORE UPDATE ON payee WHEN NEW.revision <= OLD.revision
BEGIN SELECT RAISE(ABORT, 'payee_revision_rises'); END;
CREATE TRIGGER payee_stays BEFORE DELETE ON payee
BEGIN SELECT RAISE(ABORT, 'payee_stays'); END;
CREATE TRIGGER payout_revision_rises BEFORE UPDATE ON payout WHEN NEW.revision <= OLD.revision
BEGIN SELECT RAISE(ABORT, 'payout_revision_rises'); END;
CREATE TRIGGER payout_stays BEFORE DELETE ON payout
BEGIN SELECT RAISE(ABORT, 'payout_stays'); END;
CREATE TRIGGER invoice_revision_rises BEFORE UPDATE ON invoice WHEN NEW.revision <= OLD.revision
BEGIN SELECT RAISE(ABORT, 'invoice_revision_rises'); END;
CREATE TRIGGER invoice_stays BEFORE DELETE ON invoice
BEGIN SELECT RAISE(ABORT, 'invoice_stays'); END;
CREATE TRIGGER invoice_cursor_revision_rises BEFORE UPDATE ON invoice_cursor WHEN NEW.revision <= OLD.revision
BEGIN SELECT RAISE(ABORT, 'invoice_cursor_revision_rises'); END;
CREATE TRIGGER invoice_cursor_stays BEFORE DELETE ON invoice_cursor
BEGIN SELECT RAISE(ABORT, 'invoice_cursor_stays'); END;
CREATE TRIGGER seeder_revision_rises BEFORE UPDATE ON seeder WHEN NEW.revision <= OLD.revision
BEGIN SELECT RAISE(ABORT, 'seeder_revision_rises'); END;
CREATE TRIGGER seeder_signature_rises BEFORE UPDATE ON seeder WHEN NEW.signed_unix_seconds <= OLD.signed_unix_seconds
BEGIN SELECT RAISE(ABORT, 'seeder_signature_rises'); END;
CREATE TRIGGER seeder_stays BEFORE DELETE ON seeder
BEGIN SELECT RAISE(ABORT, 'seeder_stays'); END;
CREATE TRIGGER settlement_is_immutable BEFORE UPDATE ON settlement
BEGIN SELECT RAISE(ABORT, 'settlement_is_immutable'); END;
CREATE TRIGGER settlement_stays BEFORE DELETE ON settlement
BEGIN SELECT RAISE(ABORT, 'settlement_stays'); END;
CREATE TRIGGER evidence_is_immutable BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence_is_immutable'); END;
CREATE TRIGGER evidence_stays BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence_stays'); END;
CREATE TRIGGER payout_line_is_immutable BEFORE UPDATE ON payout_line
BEGIN SELECT RAISE(ABORT, 'payout_line_is_immutable'); END;
CREATE TRIGGER payout_line_stays BEFORE DELETE ON payout_line
BEGIN SELECT RAISE(ABORT, 'payout_line_stays'); END;
CREATE TRIGGER manifest_is_immutable BEFORE UPDATE ON manifest
BEGIN SELECT RAISE(ABORT, 'manifest_is_immutable'); END;
CREATE TRIGGER manifest_stays BEFORE DELETE ON manifest
BEGIN SELECT RAISE(ABORT, 'manifest_stays'); END;
