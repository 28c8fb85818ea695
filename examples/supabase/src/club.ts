/** A sauna club in the browser: what its pages call. */

import type { PostgrestSingleResponse, SupabaseClient } from '@supabase/supabase-js'
import type { BookingErrorDetails, Database } from './bookingdb.types'

type Club = SupabaseClient<Database>
type Functions = Database['public']['Functions']
type Name = keyof Functions & string

/** A rule said no; nothing was changed. */
export class Refused extends Error {
  constructor(readonly status: number, readonly details: BookingErrorDetails, message: string, readonly hint: string) {
    super(message)
  }
}

/**
 * Call a command, and again if its answer got lost: the key makes sure that it is done once.
 * Make a key for each intention of the user: one tap on a button, however often it is sent.
 */
async function command<N extends Name>(club: Club, name: N, args: Functions[N]['Args'], key: string) {
  for (let attempt = 1; ; attempt++) {
    const answer = (await club.rpc(name, { ...args, p_idempotency_key: key } as never)) as PostgrestSingleResponse<
      Functions[N]['Returns']
    >
    if (!answer.error) return answer.data
    if (answer.error.code.startsWith('PT')) {
      throw new Refused(answer.status, JSON.parse(answer.error.details), answer.error.message, answer.error.hint)
    }
    if (attempt === 3 || (answer.status >= 400 && answer.status < 500)) throw new Error(answer.error.message)
  }
}

export const bookSpot = (club: Club, session: string, key: string) =>
  command(club, 'book_gusmester_spot', { p_session_id: session }, key)

export const cancelBooking = (club: Club, booking: string, key: string) =>
  command(club, 'cancel_gusmester_booking', { p_booking_id: booking }, key)

export const releaseSpot = (club: Club, session: string, key: string) =>
  command(club, 'release_guest_spot', { p_session_id: session }, key)

/** What to tell somebody whose booking was refused. */
export function tell(refused: Refused): string {
  switch (refused.details.reason) {
    case 'spot_not_available':
      return 'Somebody was faster.'
    case 'insufficient_points':
      return `It costs ${refused.details.required} points, you have ${refused.details.available}.`
    case 'already_booked':
      return 'You have it already.'
    default:
      return `${refused.message}. ${refused.hint}`
  }
}

/** The spots that members may book: a query, so a GET will do. */
export async function freeSpots(club: Club) {
  const { data, error } = await club.rpc('available_guest_spots', {}, { get: true })
  if (error) throw new Error(error.message)
  return data
}

/** One's own points, and nobody else's: row-level security decides. */
export async function myPoints(club: Club): Promise<number> {
  const { data, error } = await club.from('employees').select('points').single()
  if (error) throw new Error(error.message)
  return data.points
}

/** Hear of one's own bookings as they change; `bookingdb.gusmester_bookings` has to be in the publication. */
export function watchBookings(club: Club, heard: (booking: Database['public']['Views']['gusmester_bookings']['Row']) => void) {
  return club
    .channel('my bookings')
    .on<Database['public']['Views']['gusmester_bookings']['Row']>(
      'postgres_changes',
      { event: '*', schema: 'bookingdb', table: 'gusmester_bookings' },
      (change) => change.eventType !== 'DELETE' && heard(change.new),
    )
    .subscribe()
}
