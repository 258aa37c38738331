// Every kind of call that AWS's JavaScript SDK signs in a way of its own: a query, a body, a stream as the answer, temporary
// credentials. Prints one line of JSON. Arguments: the folder of
// modules, the endpoint, the key, its secret and, for temporary credentials, their token.
import { createRequire } from 'node:module';

const [modules, endpoint, accessKeyId, secretAccessKey, sessionToken] = process.argv.slice(2);
const { CodeartifactClient, DescribeDomainCommand, GetAuthorizationTokenCommand, ListDomainsCommand, ListPackagesCommand,
  PutDomainPermissionsPolicyCommand, TagResourceCommand } = createRequire(`${modules}/.`)('@aws-sdk/client-codeartifact');
const client = new CodeartifactClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined }, maxAttempts: 1 });
const send = (Command, input) => client.send(new Command(input)).then((answer) => answer, (error) => ({ error: error.name }));
const domain = await send(DescribeDomainCommand, { domain: 'my-domain' });
const answers = {
  domain: domain.domain?.name ?? domain.error,
  domains: (await send(ListDomainsCommand, { maxResults: 10 })).domains?.map((one) => one.name) ?? [],
  tagged: (await send(TagResourceCommand, { resourceArn: domain.domain?.arn ?? 'arn:aws:codeartifact:us-east-1:123456789012:domain/my-domain', tags: [{ key: 'a b+c/ü', value: "~'()*!" }] })).$metadata?.httpStatusCode,
  packages: (await send(ListPackagesCommand, { domain: 'my-domain', repository: 'my-repo', packagePrefix: 'none+*~' })).packages?.length,
  policy: (await send(PutDomainPermissionsPolicyCommand, { domain: 'my-domain', policyDocument: '{}' })).error,
  token: (await send(GetAuthorizationTokenCommand, { domain: 'my-domain', durationSeconds: 900 })).authorizationToken?.slice(0, 3),
};
console.log(JSON.stringify(answers));
