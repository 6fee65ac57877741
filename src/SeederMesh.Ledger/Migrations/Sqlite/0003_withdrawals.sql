-- Links by which a payee withdraws what it is owed (LUD-03). The key is the hash of the secret that the link holds.
CREATE TABLE withdrawal (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 32),
  payee_id BLOB NOT NULL REFERENCES payee (id),
  payout_id BLOB UNIQUE REFERENCES payout (id),
  created_unix_ms INTEGER NOT NULL,
  expires_unix_ms INTEGER NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX withdrawal_by_payee ON withdrawal (payee_id, expires_unix_ms);

CREATE TRIGGER withdrawal_revision_rises BEFORE UPDATE ON withdrawal WHEN NEW.revision <= OLD.revision
BEGIN SELECT RAISE(ABORT, 'withdrawal_revision_rises'); END;
CREATE TRIGGER withdrawal_is_used_once BEFORE UPDATE ON withdrawal WHEN OLD.payout_id IS NOT NULL AND NEW.payout_id IS NOT OLD.payout_id
BEGIN SELECT RAISE(ABORT, 'withdrawal_is_used_once'); END;
CREATE TRIGGER withdrawal_stays BEFORE DELETE ON withdrawal
BEGIN SELECT RAISE(ABORT, 'withdrawal_stays'); END;
