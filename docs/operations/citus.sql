-- For a Citus coordinator, by hand, once, by the owner of the schema: docs/operations/postgres.md. Not a migration.
-- Hash partitions do on one machine what shards do on many; Citus takes tables without them. In one transaction.
begin;

-- It reads feedback; made again below.
drop view reelbench.exposure_outcomes;

alter table reelbench.feedback rename to feedback_partitioned;
create table reelbench.feedback (like reelbench.feedback_partitioned including defaults including constraints);
insert into reelbench.feedback select * from reelbench.feedback_partitioned;
drop table reelbench.feedback_partitioned;
alter table reelbench.feedback add constraint feedback_pkey primary key (user_id, namespace, idempotency_key);
create index feedback_by_item on reelbench.feedback (user_id, namespace, item_id, kind, occurred_at desc);
create index feedback_by_time on reelbench.feedback (occurred_at);

alter table reelbench.histories rename to histories_partitioned;
create table reelbench.histories (like reelbench.histories_partitioned including defaults including constraints);
insert into reelbench.histories select * from reelbench.histories_partitioned;
drop table reelbench.histories_partitioned;
alter table reelbench.histories add constraint histories_pkey primary key (snapshot_id, user_id);

create view reelbench.exposure_outcomes as
  select e.user_id, e.namespace, e.shown_at, e.id, e.channel, e.version, e.basis, e.experiment, e.arm, e.item_ids,
         taken.hit_rank, taken.hit_rank is not null as hit
    from reelbench.exposures e
    left join lateral (
      select min(array_position(e.item_ids, f.item_id)) + e.first_rank - 1 as hit_rank
        from reelbench.feedback f
        where f.user_id = e.user_id and f.namespace = e.namespace and f.kind <> 'dismiss'
          and f.occurred_at + interval '0' >= e.shown_at and f.occurred_at + interval '0' < e.shown_at + interval '1 day'
          and f.item_id = any (e.item_ids)
    ) taken on true;

select create_reference_table('reelbench.history_sets');
select create_distributed_table('reelbench.feedback', 'user_id');
select create_distributed_table('reelbench.histories', 'user_id', colocate_with => 'reelbench.feedback');
select create_distributed_table('reelbench.exposures', 'user_id', colocate_with => 'reelbench.feedback');
alter table reelbench.histories add constraint histories_snapshot_id_fkey
  foreign key (snapshot_id) references reelbench.history_sets on delete cascade;

commit;
-- Tables made anew have no grants: repeat those of docs/operations/database-roles.md.
