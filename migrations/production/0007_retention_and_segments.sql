-- What people decide about versions (kept for good, not to be served), and what an evaluation found within groups.

alter table reelbench.versions
  add column pinned_at timestamptz,
  add column pinned_note text not null default '' check (char_length(pinned_note) <= 500),
  -- PUB-12: a withdrawn version is kept and cannot be put into service.
  add column withdrawn_at timestamptz,
  add column withdrawn_reason text not null default '' check (char_length(withdrawn_reason) <= 500),
  add constraint versions_not_withdrawn check (state <> 'active' or withdrawn_at is null);

create table reelbench.evaluation_segments (
  version   text             not null references reelbench.evaluations on delete cascade,
  position  integer          not null check (position >= 0),
  kind      text             not null check (kind in ('activity', 'popularity', 'genre', 'time')),
  label     text             not null,
  -- Length of the lists that recall and NDCG are for.
  k         integer          not null check (k > 0),
  ratings   bigint           not null check (ratings >= 0),
  users     bigint           check (users >= 0),
  rmse      double precision,
  mae       double precision,
  recall    double precision,
  ndcg      double precision,
  primary key (version, position)
);
