-- Accounts of the server's own users, their sessions, the keys that sign and seal, and the audit log.

-- ── Keys that seal ──────────────────────────────────────────────────────────────────────────────────────────────────

-- Envelope encryption: what is personal is sealed with these keys, and these keys are wrapped by a master key that only
-- the servers' environment holds. A database dump alone opens nothing.
create table reelbench.data_keys (
  id          uuid        primary key,
  -- seal: AES-256-GCM of fields. index: HMAC-SHA-256, to find an e-mail address without opening all of them.
  purpose     text        not null check (purpose in ('seal', 'index')),
  -- Which master key wraps it.
  master_key  text        not null check (char_length(master_key) between 1 and 40),
  wrapped     bytea       not null check (octet_length(wrapped) = 60),
  created_at  timestamptz not null default now(),
  -- No longer seals anything new; still opens what it sealed.
  retired_at  timestamptz
);
create unique index data_keys_current on reelbench.data_keys (purpose) where retired_at is null;

-- ── Accounts ────────────────────────────────────────────────────────────────────────────────────────────────────────

create table reelbench.accounts (
  id                   uuid        primary key,
  email_index          bytea       not null unique check (octet_length(email_index) = 32),
  email_sealed         bytea       not null,
  name_sealed          bytea,
  password_hash        text        not null check (password_hash like '$argon2id$%'),
  role                 text        not null default 'user'
                                   check (role in ('user', 'service', 'analyst', 'operator', 'admin')),
  state                text        not null default 'active' check (state in ('active', 'suspended')),
  preferences          jsonb       not null default '{}',
  -- The user of the data whose history counts as this account's. Set by an operator only, never by equal names.
  data_user_id         text        check (char_length(data_user_id) between 1 and 512),
  created_at           timestamptz not null default now(),
  password_changed_at  timestamptz not null default now(),
  last_login_at        timestamptz
);
create index accounts_by_time on reelbench.accounts (created_at, id);
create unique index accounts_by_data_user on reelbench.accounts (data_user_id) where data_user_id is not null;

-- Failed logins in a row, of addresses with and without an account: both are slowed down alike.
create table reelbench.login_failures (
  email_index   bytea       primary key check (octet_length(email_index) = 32),
  failures      integer     not null check (failures > 0),
  locked_until  timestamptz,
  failed_at     timestamptz not null default now()
);

-- ── Sessions ────────────────────────────────────────────────────────────────────────────────────────────────────────

create table reelbench.sessions (
  id          uuid        primary key,
  account_id  uuid        not null references reelbench.accounts on delete cascade,
  created_at  timestamptz not null default now(),
  used_at     timestamptz not null default now(),
  -- However often it is refreshed.
  expires_at  timestamptz not null,
  revoked_at  timestamptz,
  reason      text        check (reason in ('logout', 'reuse', 'password', 'suspended', 'revoked')),
  check ((revoked_at is null) = (reason is null))
);
create index sessions_by_account on reelbench.sessions (account_id);

-- Each is used once. One that comes again was copied: the whole session ends.
create table reelbench.refresh_tokens (
  hash        bytea       primary key check (octet_length(hash) = 32),
  session_id  uuid        not null references reelbench.sessions on delete cascade,
  issued_at   timestamptz not null default now(),
  expires_at  timestamptz not null,
  used_at     timestamptz
);
create index refresh_tokens_by_session on reelbench.refresh_tokens (session_id);

-- ── Keys that sign access tokens ────────────────────────────────────────────────────────────────────────────────────

create table reelbench.signing_keys (
  kid             text        primary key check (char_length(kid) between 8 and 64),
  public_jwk      jsonb       not null,
  private_sealed  bytea       not null,
  created_at      timestamptz not null default now(),
  -- Published before it signs, so that everybody knows it when the first token comes.
  signs_from      timestamptz not null,
  -- Published after it has stopped signing, until its last token has expired.
  verifies_until  timestamptz
);

-- ── Audit ───────────────────────────────────────────────────────────────────────────────────────────────────────────

create table reelbench.audit_log (
  id          bigint      generated always as identity primary key,
  at          timestamptz not null default now(),
  actor_kind  text        not null check (actor_kind in ('account', 'key', 'anonymous', 'console', 'server')),
  actor_id    text        check (char_length(actor_id) <= 200),
  action      text        not null check (action ~ '^[a-z]+(-[a-z]+)*$'),
  subject     text        check (char_length(subject) <= 600),
  outcome     text        not null check (outcome in ('done', 'refused')),
  request_id  text        check (char_length(request_id) <= 100),
  details     jsonb       not null default '{}'
);
create index audit_log_by_subject on reelbench.audit_log (subject, id);
create index audit_log_by_actor on reelbench.audit_log (actor_id, id);

-- What was written stays; only retention, which says so, takes away what is old.
create function reelbench.keep_audit_log() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('reelbench.audit_retention', true) = 'on' then
    return old;
  end if;
  raise exception 'the audit log is only ever added to' using errcode = 'RB001';
end $$;
create trigger audit_log_kept before update or delete on reelbench.audit_log
  for each row execute function reelbench.keep_audit_log();
