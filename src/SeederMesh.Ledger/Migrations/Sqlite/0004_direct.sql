-- Direct channels: the downloader's own wallet pays, the hub keeps the books. mode: 1 prepaid, 2 direct.
ALTER TABLE channel ADD COLUMN mode INTEGER NOT NULL DEFAULT 1 CHECK (mode IN (1, 2));
ALTER TABLE channel ADD COLUMN dues_ended_unix_ms INTEGER;
ALTER TABLE seeder ADD COLUMN takes_direct INTEGER NOT NULL DEFAULT 1 CHECK (takes_direct IN (0, 1));
CREATE INDEX channel_by_open_dues ON channel (closed_unix_ms) WHERE mode = 2 AND dues_ended_unix_ms IS NULL;

-- Whose an account of kind Due is; its id is the account's.
CREATE TABLE due (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  channel_id BLOB NOT NULL REFERENCES channel (id),
  payee_id BLOB NOT NULL REFERENCES payee (id),
  written_off_msat INTEGER NOT NULL CHECK (written_off_msat >= 0),
  revision INTEGER NOT NULL CHECK (revision > 0),
  CONSTRAINT due_is_one_for_each_payee UNIQUE (channel_id, payee_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX due_by_payee ON due (payee_id);

-- Payments that downloaders make: intended (1), proved (3), or no longer possible (4).
CREATE TABLE direct_payment (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  channel_id BLOB NOT NULL REFERENCES channel (id),
  payee_id BLOB NOT NULL REFERENCES payee (id),
  destination TEXT NOT NULL,
  amount_msat INTEGER NOT NULL CHECK (amount_msat > 0),
  payment_hash BLOB NOT NULL UNIQUE CHECK (length(payment_hash) = 32),
  preimage BLOB CHECK (preimage IS NULL OR length(preimage) = 32),
  invoice TEXT NOT NULL,
  status INTEGER NOT NULL CHECK (status IN (1, 3, 4)),
  reason TEXT,
  created_unix_ms INTEGER NOT NULL,
  expires_unix_ms INTEGER NOT NULL,
  finished_unix_ms INTEGER,
  revision INTEGER NOT NULL CHECK (revision > 0),
  CONSTRAINT direct_payment_succeeds_with_a_preimage CHECK ((status = 3) = (preimage IS NOT NULL))
) STRICT, WITHOUT ROWID;
-- A payee is paid by one payment of a channel at a time.
CREATE UNIQUE INDEX direct_payment_is_one_at_a_time ON direct_payment (channel_id, payee_id) WHERE status = 1;
CREATE INDEX direct_payment_by_channel ON direct_payment (channel_id, created_unix_ms);
CREATE INDEX direct_payment_by_payee ON direct_payment (payee_id, created_unix_ms);
CREATE INDEX direct_payment_by_time ON direct_payment (created_unix_ms);

-- A hash belongs to one payment of the hub's or of a downloader's, never to both.
CREATE TRIGGER direct_payment_hash_is_no_payouts BEFORE INSERT ON direct_payment
WHEN EXISTS (SELECT 1 FROM payout WHERE payment_hash = NEW.payment_hash AND status <> 4)
BEGIN SELECT RAISE(ABORT, 'direct_payment_hash_is_no_payouts'); END;
CREATE TRIGGER payout_hash_is_no_direct_payments BEFORE INSERT ON payout
WHEN NEW.payment_hash IS NOT NULL AND EXISTS (SELECT 1 FROM direct_payment WHERE payment_hash = NEW.payment_hash)
BEGIN SELECT RAISE(ABORT, 'payout_hash_is_no_direct_payments'); END;
CREATE TRIGGER channel_keeps_its_mode BEFORE UPDATE ON channel WHEN NEW.mode <> OLD.mode
BEGIN SELECT RAISE(ABORT, 'channel_keeps_its_mode'); END;
CREATE TRIGGER due_revision_rises BEFORE UPDATE ON due WHEN NEW.revision <= OLD.revision
BEGIN SELECT RAISE(ABORT, 'due_revision_rises'); END;
CREATE TRIGGER due_stays BEFORE DELETE ON due
BEGIN SELECT RAISE(ABORT, 'due_stays'); END;
CREATE TRIGGER direct_payment_revision_rises BEFORE UPDATE ON direct_payment WHEN NEW.revision <= OLD.revision
BEGIN SELECT RAISE(ABORT, 'direct_payment_revision_rises'); END;
CREATE TRIGGER direct_payment_stays BEFORE DELETE ON direct_payment
BEGIN SELECT RAISE(ABORT, 'direct_payment_stays'); END;
