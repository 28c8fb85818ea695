// supabase-js at the service of a test: each line of input is a list of steps, taken at the same time; the answer is a
// line with the list of what came back.
//
//   node clients.mjs URL
import { createInterface } from 'node:readline'
import { createClient } from '@supabase/supabase-js'

const [url] = process.argv.slice(2)
const clients = new Map()

class NoRealtime {} // node 20 has no WebSocket

const steps = {
  open({ client, key, schema, headers }) {
    const auth = { persistSession: false, autoRefreshToken: false }
    const realtime = { transport: NoRealtime }
    clients.set(client, createClient(url, key, { auth, db: { schema }, global: { headers }, realtime }))
    return {}
  },
  async signUp({ client, email, password }) {
    const { data, error } = await clients.get(client).auth.signUp({ email, password })
    return { data: data.user?.id, error }
  },
  async signIn({ client, email, password }) {
    const { data, error } = await clients.get(client).auth.signInWithPassword({ email, password })
    return { data: data.user?.id, error }
  },
  rpc({ client, name, args, options }) {
    return clients.get(client).rpc(name, args, options)
  },
  select({ client, table, columns }) {
    return clients.get(client).from(table).select(columns)
  },
  insert({ client, table, row }) {
    return clients.get(client).from(table).insert(row).select()
  },
  update({ client, table, row, where }) {
    return clients.get(client).from(table).update(row).match(where).select()
  },
  remove({ client, table, where }) {
    return clients.get(client).from(table).delete().match(where).select()
  },
}

async function take(step) {
  const { data = null, error = null, status = null } = await steps[step.step](step)
  return { data, error, status }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await Promise.all(JSON.parse(line).map(take))))
}
