-- What a list led to is looked up by user and item. Where most of the feedback was young, Postgres went by time instead and read all
-- that had come in since, once for each list: minutes of a core for what takes a second.

create index feedback_by_item on reelbench.feedback (user_id, namespace, item_id, kind, occurred_at desc);
-- A user's feedback is found by the same index.
drop index reelbench.feedback_by_user;

-- As before, but that nothing is added to the times so that the index by time is none for them.
create or replace view reelbench.exposure_outcomes as
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
