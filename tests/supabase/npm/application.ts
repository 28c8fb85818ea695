// An application, type-checked by test_types.py against the types of an export, as its developer's editor does it.
import { createClient } from '@supabase/supabase-js'
import type { Database } from './database.types'

const supabase = createClient<Database>('http://127.0.0.1', 'sb_publishable_test')

export async function book(session: string): Promise<number> {
  const { data, error } = await supabase.rpc('book_gusmester_spot', { p_session_id: session })
  if (error) throw error
  const done: true = data.success
  const booking: string = data.booking_id
  console.log(done, booking)
  return data.new_points
}

export async function free(practitioner: string): Promise<string[]> {
  const { data } = await supabase.rpc('get_available_slots', {
    p_practitioner_id: practitioner,
    p_from: '2026-11-20T00:00:00Z',
    p_to: '2026-11-21T00:00:00Z',
    p_duration_minutes: 60,
  })
  return (data ?? []).map((slot) => slot.starts_at)
}

export async function booked(): Promise<boolean> {
  const { data } = await supabase.from('gusmester_bookings').select('id, status')
  const status: 'active' | 'cancelled' | undefined = data?.[0]?.status
  return status === 'active'
}

export async function hire(name: string, email: string): Promise<void> {
  const { data } = await supabase.from('employees').insert({ name, email }).select('id').single()
  if (data) await supabase.from('employees').update({ status: 'active' }).eq('id', data.id)
}

export async function mistakes(): Promise<void> {
  // @ts-expect-error: no such function
  await supabase.rpc('book_spot', { p_session_id: '' })
  // @ts-expect-error: what it needs is missing
  await supabase.rpc('book_gusmester_spot', {})
  // @ts-expect-error: it is no number
  await supabase.rpc('book_gusmester_spot', { p_session_id: 5 })
  const { data } = await supabase.rpc('book_gusmester_spot', { p_session_id: '' })
  // @ts-expect-error: no such key in the result
  console.log(data?.points)
  const { data: rows } = await supabase.from('gusmester_bookings').select('id, status')
  // @ts-expect-error: no such status
  console.log(rows?.[0]?.status === 'confirmed')
  // @ts-expect-error: points change by functions alone
  await supabase.from('employees').update({ points: 1000 }).eq('id', '')
  // @ts-expect-error: nobody writes a ledger
  await supabase.from('credits').insert({ balance: 5 })
}
