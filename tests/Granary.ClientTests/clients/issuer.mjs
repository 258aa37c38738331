// An OpenID Connect issuer for the client tests: node issuer.mjs MODULES PORT
// MODULES is the folder of node_modules with oidc-provider. A client signs in with client_credentials and gets an RS256 access token
// for the resource urn:granary, as a CI system gives one to a job. Prints one line when it listens.
import { createRequire } from 'node:module';
import { generateKeyPairSync } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const [modules, port] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(createRequire(`${modules}/`).resolve('oidc-provider')));
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [{ ...key, kid: 'ci-1', use: 'sig', alg: 'RS256' }] },
  clients: [{
    client_id: 'job', client_secret: 'job-secret', redirect_uris: [], response_types: [], grant_types: ['client_credentials'],
  }],
  features: {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:granary',
      getResourceServerInfo: () => ({
        scope: 'exchange', audience: 'sts.amazonaws.com', accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  extraTokenClaims: () => ({ ref: 'refs/heads/main', repository: 'tools/shop' }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
