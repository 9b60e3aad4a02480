-- The production schema, shared by the publisher and the servers. Runs in one transaction, after the migrations' runner
-- has created the schema `reelbench` and its table of applied migrations. Rules cited as PUB-n stand in
-- core/production/SPEC.md.

-- ── Versions ────────────────────────────────────────────────────────────────────────────────────────────────────────

create table reelbench.versions (
  version        text        primary key check (version ~ '^[a-z0-9][a-z0-9._-]{0,79}$'),
  state          text        not null default 'uploading'
                             check (state in ('uploading', 'ready', 'active', 'retired', 'failed')),
  algorithm      text        not null,
  run_id         text        not null,
  snapshot_id    text        not null,
  split_id       text        not null,
  -- Digest of the artifact as the publisher has it: SHA-256 over the SHA-256 of each chunk, by file name and number.
  sha256         text        not null check (sha256 ~ '^[0-9a-f]{64}$'),
  -- The same, computed here over what arrived.
  target_sha256  text        check (target_sha256 ~ '^[0-9a-f]{64}$'),
  model_hash     text        not null check (model_hash ~ '^[0-9a-f]{64}$'),
  bytes          bigint      not null check (bytes > 0),
  users          integer     not null check (users >= 0),
  items          integer     not null check (items >= 0),
  factors        integer     not null check (factors >= 0),
  card           jsonb       not null,
  created_at     timestamptz not null default now(),
  ready_at       timestamptz,
  probed_at      timestamptz,
  activated_at   timestamptz,
  retired_at     timestamptz,
  failed_at      timestamptz,
  failure        text,
  -- PUB-2: nothing that did not arrive whole is ever ready.
  constraint versions_arrived_whole
    check (state in ('uploading', 'failed') or (target_sha256 is not null and target_sha256 = sha256)),
  -- PUB-3: nothing is served whose answers were not compared first.
  constraint versions_probed check (state not in ('active', 'retired') or probed_at is not null)
);
create index versions_by_time on reelbench.versions (created_at desc);

-- PUB-1: uploading → ready → active → retired (→ active by rollback); failed from uploading and ready, and back to
-- uploading when the same publication is resumed.
create function reelbench.check_version_transition() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'uploading' then
      raise exception 'version % must start as uploading, not %', new.version, new.state using errcode = 'RB001';
    end if;
    return new;
  end if;
  if tg_op = 'DELETE' then
    if old.state = 'active' then
      raise exception 'version % is active and cannot be removed', old.version using errcode = 'RB001';
    end if;
    return old;
  end if;
  if new.version <> old.version then
    raise exception 'a version keeps its name' using errcode = 'RB001';
  end if;
  if old.state = new.state
    or (old.state, new.state) in (
      ('uploading', 'ready'), ('uploading', 'failed'),
      ('ready', 'active'), ('ready', 'failed'),
      ('active', 'retired'), ('retired', 'active'),
      ('failed', 'uploading')
    )
  then
    return new;
  end if;
  raise exception 'version % cannot go from % to %', old.version, old.state, new.state using errcode = 'RB001';
end $$;
create trigger versions_transition before insert or update or delete on reelbench.versions
  for each row execute function reelbench.check_version_transition();

create table reelbench.artifact_files (
  version  text    not null references reelbench.versions on delete cascade,
  name     text    not null check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
  bytes    bigint  not null check (bytes > 0),
  chunks   integer not null check (chunks > 0),
  primary key (version, name)
);

create table reelbench.artifact_chunks (
  version  text    not null,
  name     text    not null,
  n        integer not null check (n >= 0),
  sha256   bytea   not null check (octet_length(sha256) = 32),
  data     bytea   not null check (octet_length(data) between 1 and 1048576),
  primary key (version, name, n),
  foreign key (version, name) references reelbench.artifact_files on delete cascade
);
-- Factors do not compress; trying costs more than sending them.
alter table reelbench.artifact_chunks alter column data set storage external;

-- ── What is served ──────────────────────────────────────────────────────────────────────────────────────────────────

-- One row a channel. Changing it is the whole of a switch.
create table reelbench.deployments (
  channel           text        primary key check (channel ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
  active_version    text        not null references reelbench.versions,
  previous_version  text        references reelbench.versions on delete set null,
  -- Grows by one with every switch; who acts on an older one lost the race.
  epoch             bigint      not null check (epoch > 0),
  activated_at      timestamptz not null default now()
);

create table reelbench.deployment_history (
  channel       text        not null,
  epoch         bigint      not null,
  version       text        not null,
  from_version  text,
  reason        text        not null check (reason in ('publish', 'rollback')),
  activated_at  timestamptz not null default now(),
  primary key (channel, epoch)
);

-- PUB-4: a version is active exactly while a channel points to it. Checked when the transaction commits, so that the
-- pointer and both states may change in any order within it.
create function reelbench.check_active_versions() returns trigger language plpgsql as $$
declare
  wrong text;
begin
  select v.version into wrong
    from reelbench.versions v
    where (v.state = 'active') <> exists (select from reelbench.deployments d where d.active_version = v.version)
    limit 1;
  if wrong is not null then
    raise exception 'the state of version % contradicts the deployments', wrong using errcode = 'RB001';
  end if;
  return null;
end $$;
create constraint trigger deployments_agree after insert or update or delete on reelbench.deployments
  deferrable initially deferred for each row execute function reelbench.check_active_versions();
create constraint trigger versions_agree after update of state on reelbench.versions
  deferrable initially deferred for each row execute function reelbench.check_active_versions();

-- ── Catalogue ───────────────────────────────────────────────────────────────────────────────────────────────────────

-- One row; its lock orders writers, so that whoever has read revision r has seen everything up to r.
create table reelbench.catalogue_state (
  only_one  boolean primary key default true check (only_one),
  revision  bigint  not null default 0
);
insert into reelbench.catalogue_state default values;

-- Flags do not belong to a version: what an operator hides stays hidden across switches.
create table reelbench.items (
  item_id     text        primary key check (char_length(item_id) between 1 and 512),
  title       text,
  year        integer,
  genres      text[]      not null default '{}',
  hidden      boolean     not null default false,
  -- Edited on the target: publications no longer overwrite title, year and genres.
  edited      boolean     not null default false,
  revision    bigint      not null,
  updated_at  timestamptz not null default now()
);
create index items_by_revision on reelbench.items (revision);

-- ── Histories of the data's users ───────────────────────────────────────────────────────────────────────────────────

-- These users are the data's; accounts live in a namespace of their own and never inherit from here by equal names.
-- Keyed by snapshot, so that publishing newer data does not change what the version before it filters.
create table reelbench.history_sets (
  snapshot_id   text        primary key,
  users         integer     not null check (users >= 0),
  ratings       bigint      not null check (ratings >= 0),
  completed_at  timestamptz
);

create table reelbench.histories (
  user_id      text     not null check (char_length(user_id) between 1 and 512),
  snapshot_id  text     not null references reelbench.history_sets on delete cascade,
  item_ids     text[]   not null,
  ratings      real[]   not null,
  -- Unix seconds; NULL where unknown.
  times        bigint[] not null,
  primary key (user_id, snapshot_id),
  check (cardinality(item_ids) = cardinality(ratings) and cardinality(item_ids) = cardinality(times))
);
create index histories_by_snapshot on reelbench.histories (snapshot_id);

-- ── Evaluations ─────────────────────────────────────────────────────────────────────────────────────────────────────

create table reelbench.evaluations (
  version       text    primary key references reelbench.versions on delete cascade,
  -- The run that was measured: for a refit, the one that chose it.
  run_id        text    not null,
  split_id      text    not null,
  protocol      jsonb   not null,
  seed          bigint  not null,
  code_version  text    not null
);

create table reelbench.evaluation_metrics (
  version           text             not null references reelbench.evaluations on delete cascade,
  segment           text             not null default 'all',
  metric            text             not null,
  definition        text             not null,
  value             double precision not null,
  low               double precision,
  high              double precision,
  level             double precision check (level > 0 and level < 1),
  users             integer          not null check (users >= 0),
  higher_is_better  boolean          not null,
  primary key (version, segment, metric),
  check ((low is null) = (high is null) and (low is null) = (level is null))
);

create table reelbench.gate_results (
  version     text        not null references reelbench.versions on delete cascade,
  gate        text        not null,
  passed      boolean     not null,
  overridden  boolean     not null,
  reason      text        not null,
  checked_at  timestamptz not null default now(),
  primary key (version, gate)
);

-- ── Servers and the parity probe ────────────────────────────────────────────────────────────────────────────────────

create table reelbench.servers (
  id                 text        primary key check (char_length(id) between 1 and 200),
  channel            text        not null,
  url                text,
  software           text        not null,
  serving_version    text,
  serving_epoch      bigint,
  candidate_version  text,
  -- Why the candidate or the active version could not be loaded.
  failure            text,
  started_at         timestamptz not null default now(),
  seen_at            timestamptz not null default now()
);
create index servers_by_channel on reelbench.servers (channel, seen_at desc);

create table reelbench.probe_rounds (
  id           uuid        primary key default gen_random_uuid(),
  channel      text        not null,
  version      text        not null references reelbench.versions on delete cascade,
  created_at   timestamptz not null default now(),
  -- After this nobody waits for an answer any more.
  expires_at   timestamptz not null,
  finished_at  timestamptz
);
create index probe_rounds_open on reelbench.probe_rounds (channel, expires_at) where finished_at is null;

create table reelbench.probe_requests (
  round_id      uuid    not null references reelbench.probe_rounds on delete cascade,
  n             integer not null check (n >= 0),
  kind          text    not null check (kind in ('known', 'fold-in')),
  -- known: a user of the data. fold-in: the ratings of somebody the model has never seen.
  user_id       text,
  item_ids      text[]  not null default '{}',
  ratings       double precision[] not null default '{}',
  list_length   integer not null check (list_length between 1 and 200),
  exclude_seen  boolean not null,
  primary key (round_id, n),
  check ((kind = 'known') = (user_id is not null)),
  check (cardinality(item_ids) = cardinality(ratings))
);

create table reelbench.probe_answers (
  round_id   uuid    not null,
  n          integer not null,
  server_id  text    not null,
  item_ids   text[]  not null,
  scores     double precision[] not null,
  -- Instead of a list: why there is none.
  error      text,
  primary key (round_id, n, server_id),
  foreign key (round_id, n) references reelbench.probe_requests on delete cascade,
  check (cardinality(item_ids) = cardinality(scores))
);

create table reelbench.parity_results (
  round_id            uuid             primary key references reelbench.probe_rounds on delete cascade,
  version             text             not null references reelbench.versions on delete cascade,
  answered_by         text             not null check (answered_by in ('live', 'bundled')),
  servers             integer          not null check (servers >= 0),
  probes              integer          not null check (probes >= 0),
  compared            integer          not null check (compared >= 0),
  mismatches          integer          not null check (mismatches >= 0),
  largest_difference  double precision not null,
  passed              boolean          not null,
  finished_at         timestamptz      not null default now()
);
create index parity_results_by_version on reelbench.parity_results (version);

-- ── Feedback and access ─────────────────────────────────────────────────────────────────────────────────────────────

-- Led by user_id, so that it can be partitioned or distributed by it.
create table reelbench.feedback (
  user_id          text        not null check (char_length(user_id) between 1 and 512),
  namespace        text        not null check (namespace in ('data', 'account')),
  -- What makes a repeated delivery the same feedback.
  idempotency_key  text        not null check (char_length(idempotency_key) between 1 and 200),
  item_id          text        not null check (char_length(item_id) between 1 and 512),
  kind             text        not null check (kind in ('rating', 'click', 'watch', 'dismiss')),
  value            double precision,
  occurred_at      timestamptz not null,
  received_at      timestamptz not null default now(),
  primary key (user_id, namespace, idempotency_key),
  check ((kind = 'rating') = (value is not null) or kind = 'watch')
);
create index feedback_by_user on reelbench.feedback (user_id, namespace, occurred_at desc);

create table reelbench.api_keys (
  id            uuid        primary key default gen_random_uuid(),
  name          text        not null check (char_length(name) between 1 and 100),
  -- The first characters of the key, to recognise it by. The key itself is kept nowhere.
  prefix        text        not null check (prefix ~ '^[A-Za-z0-9_-]{4,24}$'),
  -- SHA-256 of a 256-bit random key: a slow hash would add nothing to that.
  hash          bytea       not null unique check (octet_length(hash) = 32),
  scopes        text[]      not null,
  created_at    timestamptz not null default now(),
  expires_at    timestamptz,
  last_used_at  timestamptz,
  revoked_at    timestamptz
);
