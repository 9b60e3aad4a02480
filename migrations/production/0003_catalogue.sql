-- The catalogue as its operator keeps it: searched, edited, hidden, and taken out for good.

-- Taken out by the operator: no publication brings it back. Its row stays, since models still know the item.
alter table reelbench.items add column removed_at timestamptz;
alter table reelbench.items add constraint items_removed_hidden check (removed_at is null or hidden);

-- The words of title and id without case and accents, as `core/production/search-words.ts` makes them: what Postgres' own
-- parser takes for a word depends on the database's locale. Items from before get theirs here, as well as it can.
alter table reelbench.items add column words tsvector;
update reelbench.items set words = to_tsvector('simple', coalesce(title, '') || ' ' || item_id);
create index items_by_words on reelbench.items using gin (words);
create index items_by_title on reelbench.items (lower(title), item_id);
