// What Stripe calls: verifies the signature, hands the event to process_stripe_event().
// 200 is recorded, 400 is not from Stripe or no event, 500 makes Stripe deliver it again.
import { createClient } from 'npm:@supabase/supabase-js@2'
import Stripe from 'npm:stripe@20'

const stripe = new Stripe(Deno.env.get('STRIPE_API_KEY')!)
const provider = Stripe.createSubtleCryptoProvider()
const secret = Deno.env.get('STRIPE_WEBHOOK_SIGNING_SECRET')!
// The service: it may process payments, and its key stays on the server.
const supabase = createClient(Deno.env.get('SUPABASE_URL')!, Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')!)

/** JSON without the characters that PostgreSQL cannot store, so that no payment is lost for one in a name. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\ufffd')
  if (Array.isArray(value)) return value.map(storable)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [storable(name), storable(item)]))
}

Deno.serve(async (request) => {
  const body = await request.text() // byte for byte: that is what was signed
  try {
    await stripe.webhooks.constructEventAsync(body, request.headers.get('Stripe-Signature') ?? '', secret, undefined, provider)
  } catch {
    return new Response('Not from Stripe', { status: 400 })
  }
  const { data, error } = await supabase.rpc('process_stripe_event', { p_event: storable(JSON.parse(body)) })
  if (error) return new Response(error.message, { status: error.code === 'PT400' ? 400 : 500 }) // 500: Stripe comes again
  return new Response(data.outcome)
})
