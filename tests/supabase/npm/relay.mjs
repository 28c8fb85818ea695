// Passes connections on 127.0.0.1 on to a Unix socket, for programs that connect to nothing else.
import net from 'node:net'

const [socket] = process.argv.slice(2)

const server = net.createServer((client) => {
  const upstream = net.connect(socket)
  const hangUp = () => {
    client.destroy()
    upstream.destroy()
  }
  client.on('error', hangUp).on('close', hangUp).pipe(upstream)
  upstream.on('error', hangUp).on('close', hangUp).pipe(client)
})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })))
process.stdin.resume().on('end', () => process.exit())
