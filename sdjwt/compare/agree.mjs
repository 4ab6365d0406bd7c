// Reads a task a line as JSON, does it with npm's @sd-jwt, and writes a line for each:
// {"ok": …} with what came out, or {"error": message}.
import { createInterface } from 'node:readline'
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { StatusList, createHeaderAndPayload, getListFromStatusListJWT } from '@sd-jwt/jwt-status-list'

const hasher = (data, alg) => createHash(alg.replace('-', '')).update(data).digest()
const signer = (jwk) => {
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  return (data) => sign('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
}
const holds = (jwk, data, signature) =>
  verify('sha256', Buffer.from(data), { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))

// instance is npm's implementation with the keys of a task.
const instance = (task) => new SDJwtVcInstance({
  hasher, hashAlg: 'sha-256', saltGenerator: (n) => randomBytes(n).toString('base64url'),
  signer: task.issuer && signer(task.issuer), signAlg: 'ES256', verifier: (data, signature) => holds(task.key, data, signature),
  kbSigner: task.holder && signer(task.holder), kbSignAlg: 'ES256', kbVerifier: (data, signature, payload) => holds(payload.cnf.jwk, data, signature),
  statusListFetcher: () => task.list, statusVerifier: (data, signature) => holds(task.key, data, signature),
})

const does = {
  verify: async (t) => {
    const { payload, header, kb } = await instance(t).verify(t.token, { keyBindingNonce: t.nonce, currentDate: t.now })
    return { payload, header, kb: kb?.payload }
  },
  issue: async (t) => instance(t).issue(t.claims, t.frame, { header: t.header }),
  present: async (t) => instance(t).present(t.token, t.frame, t.kb && { kb: { payload: t.kb } }),
  list: async (t) => {
    const { header, payload } = createHeaderAndPayload(new StatusList(t.statuses, 2), t.claims, t.header)
    const input = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return input + '.' + signer(t.issuer)(input)
  },
  statuses: async (t) => getListFromStatusListJWT(t.token).statusList,
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const task = JSON.parse(line)
  let answer
  try {
    answer = { ok: await does[task.do](task) }
  } catch (err) {
    answer = { error: err.message }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
