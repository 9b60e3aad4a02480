-- What grows with the number of users, in parts: feedback and histories by hash of the user, exposures by day. Every one
-- of them has user_id in its key, so that it can be distributed by it (docs/operations/postgres.md).

-- A table that takes another's place keeps what was granted on it: servers go on writing feedback meanwhile.
create function reelbench.copy_grants(source regclass, target regclass) returns void language plpgsql as $$
declare
  given record;
begin
  for given in
    select a.grantee, a.privilege_type, a.is_grantable
      from pg_class c, aclexplode(c.relacl) a
      where c.oid = source and a.grantee <> c.relowner
  loop
    execute format('grant %s on %s to %s%s', given.privilege_type, target,
      case given.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(given.grantee)) end,
      case when given.is_grantable then ' with grant option' else '' end);
  end loop;
end $$;

create function reelbench.make_hash_partitions(parent text, parts integer) returns void language plpgsql as $$
begin
  for n in 0 .. parts - 1 loop
    execute format('create table reelbench.%I partition of reelbench.%I for values with (modulus %s, remainder %s)',
      format('%s_p%s', parent, lpad(n::text, 2, '0')), parent, parts, n);
  end loop;
end $$;

-- ── Feedback ────────────────────────────────────────────────────────────────────────────────────────────────────────

alter table reelbench.feedback rename to feedback_before;
alter table reelbench.feedback_before rename constraint feedback_pkey to feedback_before_pkey;
drop index reelbench.feedback_by_user, reelbench.feedback_by_time;

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
) partition by hash (user_id);
select reelbench.make_hash_partitions('feedback', 16);
insert into reelbench.feedback (user_id, namespace, idempotency_key, item_id, kind, value, occurred_at, received_at)
  select user_id, namespace, idempotency_key, item_id, kind, value, occurred_at, received_at from reelbench.feedback_before;
create index feedback_by_user on reelbench.feedback (user_id, namespace, occurred_at desc);
create index feedback_by_time on reelbench.feedback (occurred_at);
select reelbench.copy_grants('reelbench.feedback_before', 'reelbench.feedback');
drop table reelbench.feedback_before;

-- ── Histories of the data's users ───────────────────────────────────────────────────────────────────────────────────

alter table reelbench.histories rename to histories_before;
alter table reelbench.histories_before rename constraint histories_pkey to histories_before_pkey;
drop index reelbench.histories_by_snapshot;

-- Servers read a whole snapshot in the order of its users: the key is that order.
create table reelbench.histories (
  user_id      text     not null check (char_length(user_id) between 1 and 512),
  snapshot_id  text     not null references reelbench.history_sets on delete cascade,
  item_ids     text[]   not null,
  ratings      real[]   not null,
  -- Unix seconds; NULL where unknown.
  times        bigint[] not null,
  primary key (snapshot_id, user_id),
  check (cardinality(item_ids) = cardinality(ratings) and cardinality(item_ids) = cardinality(times))
) partition by hash (user_id);
select reelbench.make_hash_partitions('histories', 16);
insert into reelbench.histories (user_id, snapshot_id, item_ids, ratings, times)
  select user_id, snapshot_id, item_ids, ratings, times from reelbench.histories_before;
select reelbench.copy_grants('reelbench.histories_before', 'reelbench.histories');
drop table reelbench.histories_before;

-- ── Exposures ───────────────────────────────────────────────────────────────────────────────────────────────────────

-- One row for each list that was shown: to whom, by which version, in which order. Not acknowledged to anybody: servers
-- write them in batches and drop them when they cannot.
create table reelbench.exposures (
  user_id     text        not null check (char_length(user_id) between 1 and 512),
  namespace   text        not null check (namespace in ('data', 'account')),
  shown_at    timestamptz not null,
  id          uuid        not null,
  channel     text        not null,
  version     text        not null,
  basis       text        not null,
  -- Of an experiment that ran; both or neither.
  experiment  uuid,
  arm         text        check (arm in ('champion', 'challenger')),
  -- The rank of the first item: more than 1 for what follows a first page.
  first_rank  integer     not null default 1 check (first_rank >= 1),
  item_ids    text[]      not null check (cardinality(item_ids) between 1 and 1000),
  primary key (user_id, shown_at, id),
  check ((experiment is null) = (arm is null))
) partition by range (shown_at);
create index exposures_by_time on reelbench.exposures (shown_at);
create index exposures_by_experiment on reelbench.exposures (experiment, arm) where experiment is not null;
-- For days that nobody has made a partition for.
create table reelbench.exposures_default partition of reelbench.exposures default;

-- Makes the days' partitions up to a week ahead and drops those that are older than `keep_days` whole days (UTC). Run
-- with its owner's rights: servers may call it, but neither create nor drop anything by themselves.
create function reelbench.keep_exposure_partitions(keep_days integer, today date default (now() at time zone 'UTC')::date)
  returns table (made integer, dropped integer)
  language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  day date;
  part text;
  old record;
begin
  made := 0;
  dropped := 0;
  if keep_days < 1 then
    raise exception 'exposures are kept for a day at least' using errcode = 'RB001';
  end if;
  -- One at a time, whoever calls.
  perform pg_advisory_xact_lock(hashtextextended('reelbench exposures', 0));
  for day in select today + n from generate_series(-1, 7) as n loop
    part := 'exposures_' || to_char(day, 'YYYYMMDD');
    if to_regclass('reelbench.' || part) is null and day >= today - keep_days then
      -- Attached when it is filled: that takes a weaker lock on what servers write to than creating it in its place.
      execute format('create table reelbench.%I (like reelbench.exposures including defaults including constraints including indexes)', part);
      execute format(
        'with moved as (delete from reelbench.exposures_default where shown_at >= %L and shown_at < %L returning *)
         insert into reelbench.%I select * from moved',
        day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC', part);
      execute format('alter table reelbench.exposures attach partition reelbench.%I for values from (%L) to (%L)',
        part, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
      made := made + 1;
    end if;
  end loop;
  for old in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'reelbench.exposures'::regclass and c.relname ~ '^exposures_\d{8}$'
        and to_date(substr(c.relname, 11), 'YYYYMMDD') < today - keep_days
  loop
    execute format('drop table reelbench.%I', old.relname);
    dropped := dropped + 1;
  end loop;
  delete from reelbench.exposures_default where shown_at < (today - keep_days)::timestamp at time zone 'UTC';
  return next;
end $$;
revoke all on function reelbench.keep_exposure_partitions(integer, date) from public;
select reelbench.keep_exposure_partitions(1);

-- ── What became of them ─────────────────────────────────────────────────────────────────────────────────────────────

-- An exposure was a hit if its user took up one of its items within a day: clicked, watched or rated it. `hit_rank` is the
-- best rank among those; null without a hit.
create view reelbench.exposure_outcomes as
  select e.user_id, e.namespace, e.shown_at, e.id, e.channel, e.version, e.basis, e.experiment, e.arm, e.item_ids,
         taken.hit_rank, taken.hit_rank is not null as hit
    from reelbench.exposures e
    left join lateral (
      select min(array_position(e.item_ids, f.item_id)) + e.first_rank - 1 as hit_rank
        from reelbench.feedback f
        where f.user_id = e.user_id and f.namespace = e.namespace and f.kind <> 'dismiss'
          and f.occurred_at >= e.shown_at and f.occurred_at < e.shown_at + interval '1 day'
          and f.item_id = any (e.item_ids)
    ) taken on true;

-- Of the last day, by version and arm ('' outside experiments): written by one server at a time, read by all.
create table reelbench.online_quality (
  channel        text             not null,
  version        text             not null,
  arm            text             not null,
  -- Of the users, the share that was looked at; answers and users are of that share.
  sampled        double precision not null check (sampled > 0 and sampled <= 1),
  answers        bigint           not null,
  users          bigint           not null,
  hits           bigint           not null,
  -- Users with a hit.
  engaged_users  bigint           not null,
  -- Mean of 1 / hit_rank, 0 without a hit.
  reciprocal_rank double precision not null,
  measured_at    timestamptz      not null default now(),
  primary key (channel, version, arm)
);

drop function reelbench.copy_grants(regclass, regclass);
drop function reelbench.make_hash_partitions(text, integer);
