-- One transfer of a credit between two of the people, taken at random.
\set from random(0, :people - 1)
\set to mod(:from + random(1, :people - 1), :people)
SELECT bookingdb.credits_transfer(('00000000-0000-7000-b000-' || (:first_id + :from))::uuid, ('00000000-0000-7000-b000-' || (:first_id + :to))::uuid, 1);
