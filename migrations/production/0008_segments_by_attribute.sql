-- Evaluations also tell of users by what is known of them (age, gender, …).

alter table reelbench.evaluation_segments
  drop constraint evaluation_segments_kind_check,
  add constraint evaluation_segments_kind_check
    check (kind in ('activity', 'attribute', 'popularity', 'genre', 'time'));
