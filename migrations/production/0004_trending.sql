-- What people took up lately is counted over a span of time, whoever they are.
create index feedback_by_time on reelbench.feedback (occurred_at);
