-- Champion and challenger: a share of a channel's users is answered by another version, and both are compared by what
-- their users take up (reelbench.exposures carries experiment and arm).

create table reelbench.experiments (
  id           uuid             primary key default gen_random_uuid(),
  channel      text             not null check (channel ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
  name         text             not null check (char_length(name) between 1 and 100),
  -- What the channel served when it began. With another version there it is over.
  champion     text             not null,
  challenger   text             not null,
  -- Of the users, the share that gets the challenger.
  share        double precision not null check (share > 0 and share < 1),
  -- Users are assigned by a hash with it: two experiments draw independently.
  salt         text             not null check (char_length(salt) between 8 and 64),
  started_at   timestamptz      not null default now(),
  ended_at     timestamptz,
  end_reason   text             check (end_reason in ('stopped', 'champion-changed')),
  check (champion <> challenger),
  check ((ended_at is null) = (end_reason is null))
);
create unique index experiments_running on reelbench.experiments (channel) where ended_at is null;
create index experiments_by_time on reelbench.experiments (channel, started_at desc);

-- A challenger is held to what a version that is to be served is held to (PUB-2, PUB-3).
create function reelbench.check_experiment() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if (new.id, new.channel, new.champion, new.challenger, new.share, new.salt, new.started_at)
      is distinct from (old.id, old.channel, old.champion, old.challenger, old.share, old.salt, old.started_at)
      or old.ended_at is not null
    then
      raise exception 'an experiment may only be ended' using errcode = 'RB001';
    end if;
    return new;
  end if;
  if not exists (select from reelbench.versions where version = new.challenger and state in ('ready', 'active', 'retired') and probed_at is not null) then
    raise exception 'version % was not published and probed', new.challenger using errcode = 'RB001';
  end if;
  if not exists (select from reelbench.deployments where channel = new.channel and active_version = new.champion) then
    raise exception 'channel % does not serve version %', new.channel, new.champion using errcode = 'RB001';
  end if;
  return new;
end $$;
create trigger experiments_checked before insert or update on reelbench.experiments
  for each row execute function reelbench.check_experiment();

-- A switch ends what was measured against the version before, in the same transaction.
create function reelbench.end_experiments() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update reelbench.experiments set ended_at = now(), end_reason = 'champion-changed'
    where channel = new.channel and ended_at is null and champion <> new.active_version;
  return null;
end $$;
create trigger deployments_end_experiments after insert or update on reelbench.deployments
  for each row execute function reelbench.end_experiments();
