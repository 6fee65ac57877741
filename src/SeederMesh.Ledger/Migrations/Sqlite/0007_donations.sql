-- Lightning addresses that creators claimed at this hub. A name is never given to anybody else.
CREATE TABLE creator_address (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  name TEXT NOT NULL UNIQUE,
  creator TEXT NOT NULL,
  payee_id BLOB REFERENCES payee (id),
  signed_unix_seconds INTEGER NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX creator_address_by_creator ON creator_address (creator);

-- What came to a creator through its Lightning address, divided as the manifest says that was in force when it was asked for.
CREATE TABLE donation (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  payment_hash BLOB NOT NULL UNIQUE CHECK (length(payment_hash) = 32),
  creator TEXT NOT NULL,
  manifest_digest BLOB NOT NULL CHECK (length(manifest_digest) = 32),
  payee_id BLOB REFERENCES payee (id),
  amount_msat INTEGER NOT NULL CHECK (amount_msat > 0),
  bolt11 TEXT NOT NULL,
  comment TEXT,
  payer_data TEXT,
  paid_msat INTEGER NOT NULL CHECK (paid_msat >= 0),
  created_unix_ms INTEGER NOT NULL,
  paid_unix_ms INTEGER,
  revision INTEGER NOT NULL CHECK (revision > 0),
  CONSTRAINT donation_is_paid_at_a_time CHECK ((paid_msat > 0) = (paid_unix_ms IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX donation_by_creator ON donation (creator, paid_unix_ms) WHERE paid_unix_ms IS NOT NULL;

CREATE TRIGGER creator_address_revision_rises BEFORE UPDATE ON creator_address
WHEN NEW.revision <= OLD.revision OR NEW.creator <> OLD.creator OR NEW.name <> OLD.name
BEGIN SELECT RAISE(ABORT, 'creator_address_revision_rises'); END;
CREATE TRIGGER creator_address_stays BEFORE DELETE ON creator_address
BEGIN SELECT RAISE(ABORT, 'creator_address_stays'); END;
CREATE TRIGGER donation_revision_rises BEFORE UPDATE ON donation WHEN NEW.revision <= OLD.revision OR OLD.paid_msat > 0
BEGIN SELECT RAISE(ABORT, 'donation_revision_rises'); END;
CREATE TRIGGER donation_stays BEFORE DELETE ON donation
BEGIN SELECT RAISE(ABORT, 'donation_stays'); END;
