-- One booking. The clients take the spots of a run in turns, shuffled; each has :own employees of its own, or all share four.
\set turn :turn + 1
\set session :first_id + :first_spot + permute(:turn * :clients + :client_id, :spots)
\set employee :first_id + case when :own > 0 then :client_id * :own + mod(:turn, :own) else random(0, 3) end
SELECT bookingdb.book_gusmester_spot(('00000000-0000-7000-8000-' || :session)::uuid, ('00000000-0000-7000-9000-' || :employee)::uuid);
