-- The books: accounts, postings, transfers. TigerBeetle's model; every amount is in millisatoshi.
-- An account's balances can only move by exactly the transfers that were added since its last_sequence.
CREATE TABLE account (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  kind INTEGER NOT NULL CHECK (kind > 0),
  flags INTEGER NOT NULL CHECK (flags IN (0, 1, 2)),
  debits_pending INTEGER NOT NULL CHECK (debits_pending >= 0),
  debits_posted INTEGER NOT NULL CHECK (debits_posted >= 0),
  credits_pending INTEGER NOT NULL CHECK (credits_pending >= 0),
  credits_posted INTEGER NOT NULL CHECK (credits_posted >= 0),
  last_sequence INTEGER NOT NULL CHECK (last_sequence >= 0),
  CONSTRAINT account_debits_must_not_exceed_credits CHECK (flags <> 1 OR debits_posted + debits_pending <= credits_posted),
  CONSTRAINT account_credits_must_not_exceed_debits CHECK (flags <> 2 OR credits_posted + credits_pending <= debits_posted)
) STRICT;

CREATE TABLE posting (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  posted_unix_ms INTEGER NOT NULL
) STRICT;

-- kind: 0 posted at once, 1 pending, 2 posts a pending one, 3 voids a pending one.
-- released_msat: what a post or a void takes off the pending balances, the pending transfer's whole amount.
CREATE TABLE transfer (
  sequence INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  posting INTEGER NOT NULL REFERENCES posting (number),
  debit_account INTEGER NOT NULL REFERENCES account (number),
  credit_account INTEGER NOT NULL REFERENCES account (number),
  amount_msat INTEGER NOT NULL CHECK (amount_msat > 0),
  released_msat INTEGER NOT NULL CHECK (released_msat >= 0),
  code INTEGER NOT NULL CHECK (code > 0),
  kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
  pending INTEGER REFERENCES transfer (sequence),
  user_data BLOB CHECK (user_data IS NULL OR length(user_data) = 16),
  CONSTRAINT transfer_accounts_must_be_different CHECK (debit_account <> credit_account),
  CONSTRAINT transfer_pending_must_match_kind CHECK ((kind IN (2, 3)) = (pending IS NOT NULL)),
  CONSTRAINT transfer_released_must_match_kind CHECK ((kind IN (2, 3)) = (released_msat > 0)),
  CONSTRAINT transfer_posts_at_most_what_was_pending CHECK (kind < 2 OR amount_msat <= released_msat)
) STRICT;
CREATE INDEX account_by_kind ON account (kind);
CREATE INDEX transfer_by_debit_account ON transfer (debit_account);
CREATE INDEX transfer_by_credit_account ON transfer (credit_account);
CREATE UNIQUE INDEX transfer_pending_resolves_once ON transfer (pending) WHERE pending IS NOT NULL;

CREATE TRIGGER account_opens_empty BEFORE INSERT ON account
WHEN NEW.debits_pending <> 0 OR NEW.debits_posted <> 0 OR NEW.credits_pending <> 0 OR NEW.credits_posted <> 0
BEGIN SELECT RAISE(ABORT, 'account_opens_empty'); END;

CREATE TRIGGER account_keeps_identity BEFORE UPDATE ON account
WHEN NEW.number <> OLD.number OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.flags <> OLD.flags
  OR NEW.last_sequence <= OLD.last_sequence
BEGIN SELECT RAISE(ABORT, 'account_keeps_identity'); END;

CREATE TRIGGER account_moves_with_transfers BEFORE UPDATE ON account
WHEN (NEW.debits_posted - OLD.debits_posted, NEW.debits_pending - OLD.debits_pending) IS NOT (
    SELECT COALESCE(SUM(CASE WHEN kind IN (0, 2) THEN amount_msat ELSE 0 END), 0),
      COALESCE(SUM(CASE kind WHEN 1 THEN amount_msat ELSE -released_msat END), 0)
    FROM transfer WHERE debit_account = OLD.number AND sequence > OLD.last_sequence AND sequence <= NEW.last_sequence)
  OR (NEW.credits_posted - OLD.credits_posted, NEW.credits_pending - OLD.credits_pending) IS NOT (
    SELECT COALESCE(SUM(CASE WHEN kind IN (0, 2) THEN amount_msat ELSE 0 END), 0),
      COALESCE(SUM(CASE kind WHEN 1 THEN amount_msat ELSE -released_msat END), 0)
    FROM transfer WHERE credit_account = OLD.number AND sequence > OLD.last_sequence AND sequence <= NEW.last_sequence)
BEGIN SELECT RAISE(ABORT, 'account_moves_with_transfers'); END;

CREATE TRIGGER account_stays BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'account_stays'); END;

CREATE TRIGGER transfer_resolves_its_pending BEFORE INSERT ON transfer
WHEN NEW.pending IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM transfer p WHERE p.sequence = NEW.pending AND p.kind = 1 AND p.debit_account = NEW.debit_account
    AND p.credit_account = NEW.credit_account AND p.code = NEW.code AND p.amount_msat = NEW.released_msat)
BEGIN SELECT RAISE(ABORT, 'transfer_resolves_its_pending'); END;

CREATE TRIGGER transfer_is_immutable BEFORE UPDATE ON transfer
BEGIN SELECT RAISE(ABORT, 'transfer_is_immutable'); END;
CREATE TRIGGER transfer_stays BEFORE DELETE ON transfer
BEGIN SELECT RAISE(ABORT, 'transfer_stays'); END;
CREATE TRIGGER posting_is_immutable BEFORE UPDATE ON posting
BEGIN SELECT RAISE(ABORT, 'posting_is_immutable'); END;
CREATE TRIGGER posting_stays BEFORE DELETE ON posting
BEGIN SELECT RAISE(ABORT, 'posting_stays'); END;
