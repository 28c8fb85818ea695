-- One peer booking. Each client has :own pairs of practitioners of its own and books the next free evening hour of each in turn.
\set turn :turn + 1
\set client :first_id + 2 * (:client_id * :own + mod(:turn, :own))
\set practitioner :client + 1
\set hour :first_hour + :turn / :own
SELECT bookingdb.create_peer_booking(('00000000-0000-7000-c000-' || :client)::uuid, ('00000000-0000-7000-c000-' || :practitioner)::uuid, date '2031-01-06' + :hour / 4, make_time(18 + mod(:hour, 4), 0, 0), 60, 'Massage');
