// Every command of AWS's JavaScript SDK once as it works and once as it fails. Reads one JSON object from standard input: the
// endpoint, the region, an access key and its secret. Prints one: the SDK's commands, and what was found of each. Argument: the
// folder of modules. The commands are listed by the SDK itself, so that one that is missing here is a failure.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

const sdk = createRequire(`${process.argv[2]}/.`)('@aws-sdk/client-codeartifact');
const job = JSON.parse(await new Response(process.stdin).text());
const owner = '123456789012';
const client = new sdk.CodeartifactClient({
  endpoint: job.endpoint, region: job.region, maxAttempts: 1, credentials: { accessKeyId: job.key, secretAccessKey: job.secret },
});
const commands = Object.keys(sdk).filter((name) => name.endsWith('Command') && name !== '$Command').map((name) => name.slice(0, -7)).sort();
const rows = Object.fromEntries(commands.map((name) => [name, { operation: name, valid: 0, refused: 0, failures: [] }]));
const ids = new Set();

const send = (name, input) => client.send(new sdk[`${name}Command`](input));

function metadata(of, status) {
  const { httpStatusCode, requestId } = of.$metadata ?? {};
  const wrong = [];
  if (httpStatusCode !== status) wrong.push(`httpStatusCode ${httpStatusCode} where ${status} was due`);
  if (!requestId || ids.has(requestId)) wrong.push(`requestId ${requestId}`);
  ids.add(requestId);
  return wrong;
}

// `holds` says of the answer whether it is the one that was due.
async function ok(name, input, holds) {
  try {
    const answer = await send(name, input);
    const wrong = metadata(answer, 200);
    if (!(await holds(answer))) wrong.push(`the answer ${holds} does not hold of`);
    rows[name].valid++;
    if (wrong.length) rows[name].failures.push({ call: 'valid', input, wrong });
    return answer;
  } catch (error) {
    rows[name].failures.push({ call: 'valid', input, wrong: [`${error.name}: ${error.message}`] });
    return {};
  }
}

async function refused(name, input, kind) {
  const status = { ValidationException: 400, ServiceQuotaExceededException: 402, AccessDeniedException: 403, ResourceNotFoundException: 404, ConflictException: 409 }[kind];
  try {
    await send(name, input);
    rows[name].failures.push({ call: 'failing', input, wrong: ['it succeeded'] });
  } catch (error) {
    const wrong = metadata(error, status);
    if (!(error instanceof sdk[kind]) || error.name !== kind) wrong.push(`${error.name} where ${kind} was due`);
    if (!error.message) wrong.push('no message');
    if (kind === 'ValidationException' && !Object.values(sdk.ValidationExceptionReason).includes(error.reason)) wrong.push(`reason ${error.reason}`);
    if ('resourceType' in error && !Object.values(sdk.ResourceType).includes(error.resourceType)) wrong.push(`resourceType ${error.resourceType}`);
    rows[name].refused++;
    if (wrong.length) rows[name].failures.push({ call: 'failing', input, wrong });
  }
}

// A tar archive of one file, as npm's clients make one.
function tarball(manifest) {
  const content = Buffer.from(JSON.stringify(manifest));
  const head = Buffer.alloc(512);
  const put = (text, at) => head.write(text, at, 'latin1');
  put('package/package.json', 0); put('0000644\0', 100); put('0000000\0', 108); put('0000000\0', 116);
  put(`${content.length.toString(8).padStart(11, '0')}\0`, 124); put('00000000000\0', 136); put('        ', 148); put('0', 156); put('ustar\x0000', 257);
  put(`${head.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
  return gzipSync(Buffer.concat([head, content, Buffer.alloc(512 - (content.length % 512) + 1024)]));
}

async function publish(token, domain, repository, name, version) {
  const manifest = { name, version };
  const content = tarball(manifest);
  const digest = (kind, form) => createHash(kind).update(content).digest(form);
  const body = {
    _id: name, name, 'dist-tags': { latest: version }, readme: '# Read me',
    versions: { [version]: { ...manifest, readme: '# Read me', dist: { shasum: digest('sha1', 'hex'), integrity: `sha512-${digest('sha512', 'base64')}` } } },
    _attachments: { [`${name}-${version}.tgz`]: { content_type: 'application/octet-stream', data: content.toString('base64'), length: content.length } },
  };
  const answer = await fetch(new URL(`/npm/d/${domain}-${owner}/${repository}/${name}`, job.endpoint), {
    method: 'PUT', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
}

const domain = 'sdk-domain';
const none = { domain: 'no-sdk-domain' };
const D = { domain, domainOwner: owner };
const R = { ...D, repository: 'sdk' };
const P = { ...R, format: 'npm', package: 'sdk' };
const V = { ...P, packageVersion: '1.0.0' };
const G = { ...D, packageGroup: '/npm/sdk/*' };
const kit = { ...R, format: 'generic', namespace: 'sdk', package: 'kit', packageVersion: '1.0.0', assetName: 'a b.txt' };
const arn = `arn:aws:codeartifact:${job.region}:${owner}:domain/${domain}`;
const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: owner }, Action: 'codeartifact:ListPackages', Resource: '*' }] });
const Missing = 'ResourceNotFoundException';
const Invalid = 'ValidationException';
const isDate = (value) => value instanceof Date && Math.abs(value - Date.now()) < 3600_000;
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

async function repositories() {
  await ok('CreateDomain', { domain, tags: [{ key: 'k', value: 'ü' }] }, (a) => a.domain.arn === arn && isDate(a.domain.createdTime));
  await refused('CreateDomain', { domain }, 'ConflictException');
  await ok('DescribeDomain', D, (a) => a.domain.name === domain && a.domain.repositoryCount === 0);
  await refused('DescribeDomain', none, Missing);
  await ok('ListDomains', {}, (a) => a.domains.some((d) => d.name === domain));
  await refused('ListDomains', { maxResults: 1001 }, Invalid);
  await ok('CreateRepository', { ...R, description: 'ü' }, (a) => a.repository.description === 'ü' && a.repository.upstreams.length === 0);
  await refused('CreateRepository', R, 'ConflictException');
  await ok('CreateRepository', { ...R, repository: 'other' }, (a) => a.repository.name === 'other');
  await ok('UpdateRepository', { ...R, upstreams: [{ repositoryName: 'other' }] }, (a) => a.repository.upstreams[0].repositoryName === 'other');
  await refused('UpdateRepository', { ...R, repository: 'none' }, Missing);
  await ok('DescribeRepository', R, (a) => a.repository.administratorAccount === owner);
  await refused('DescribeRepository', { ...R, repository: 'none' }, Missing);
  await ok('ListRepositories', { repositoryPrefix: 'sdk' }, (a) => a.repositories.length === 1);
  await refused('ListRepositories', { nextToken: 'none' }, Invalid);
  await ok('ListRepositoriesInDomain', D, (a) => a.repositories.length === 2);
  await refused('ListRepositoriesInDomain', none, Missing);
  await ok('GetRepositoryEndpoint', { ...R, format: 'npm' }, (a) => a.repositoryEndpoint.endsWith(`/npm/d/${domain}-${owner}/sdk/`));
  await refused('GetRepositoryEndpoint', { ...R, format: 'none' }, Invalid);
  const connection = { ...R, repository: 'other', externalConnection: 'public:npmjs' };
  await ok('AssociateExternalConnection', connection, (a) => a.repository.externalConnections[0].packageFormat === 'npm');
  await refused('AssociateExternalConnection', connection, 'ConflictException');
  await ok('DisassociateExternalConnection', connection, (a) => a.repository.externalConnections.length === 0);
  await refused('DisassociateExternalConnection', connection, Missing);
}

async function policies() {
  for (const [kind, where] of [['Domain', D], ['Repository', R]]) {
    await refused(`Get${kind}PermissionsPolicy`, where, Missing);
    const { policy } = await ok(`Put${kind}PermissionsPolicy`, { ...where, policyDocument }, (a) => a.policy.document === policyDocument);
    await refused(`Put${kind}PermissionsPolicy`, { ...where, policyDocument, policyRevision: 'other' }, 'ConflictException');
    await ok(`Get${kind}PermissionsPolicy`, where, (a) => a.policy.revision === policy.revision);
    await ok(`Delete${kind}PermissionsPolicy`, { ...where, policyRevision: policy.revision }, (a) => a.policy.document === policyDocument);
    await refused(`Delete${kind}PermissionsPolicy`, where, Missing);
  }
  await ok('TagResource', { resourceArn: arn, tags: [{ key: 'more', value: '' }] }, () => true);
  await refused('TagResource', { resourceArn: arn, tags: Array.from({ length: 51 }, (_, i) => ({ key: `k${i}`, value: '' })) }, 'ServiceQuotaExceededException');
  await ok('ListTagsForResource', { resourceArn: arn }, (a) => a.tags.length === 2 && a.tags.some((t) => t.value === 'ü'));
  await refused('ListTagsForResource', { resourceArn: `${arn}-none` }, Missing);
  await ok('UntagResource', { resourceArn: arn, tagKeys: ['more'] }, () => true);
  await refused('UntagResource', { resourceArn: 'arn:aws:s3:::none', tagKeys: ['more'] }, Invalid);
}

async function packages() {
  const { authorizationToken } = await ok('GetAuthorizationToken', { ...D, durationSeconds: 900 }, (a) => isDate(a.expiration));
  await refused('GetAuthorizationToken', { ...D, durationSeconds: 5 }, Invalid);
  await publish(authorizationToken, domain, 'sdk', 'sdk', '1.0.0');
  await publish(authorizationToken, domain, 'sdk', 'sdk', '2.0.0');
  await ok('PublishPackageVersion', { ...kit, assetContent: 'content', assetSHA256: sha256('content') }, (a) => a.status === 'Published' && a.asset.name === kit.assetName);
  await refused('PublishPackageVersion', { ...kit, format: 'npm', assetContent: 'content', assetSHA256: sha256('content') }, Invalid);
  await ok('ListPackages', { ...R, format: 'npm' }, (a) => a.packages.length === 1);
  await refused('ListPackages', { ...R, namespace: 'x' }, Invalid);
  await ok('DescribePackage', P, (a) => a.package.name === 'sdk');
  await refused('DescribePackage', { ...P, package: 'none' }, Missing);
  await ok('PutPackageOriginConfiguration', { ...P, restrictions: { publish: 'ALLOW', upstream: 'BLOCK' } }, (a) => a.originConfiguration.restrictions.upstream === 'BLOCK');
  await refused('PutPackageOriginConfiguration', { ...P, restrictions: { publish: 'ALLOW' } }, Invalid);
  await ok('ListPackageVersions', { ...P, sortBy: 'PUBLISHED_TIME' }, (a) => a.versions.length === 2 && a.defaultDisplayVersion === '2.0.0');
  await refused('ListPackageVersions', { ...P, package: 'none' }, Missing);
  await ok('DescribePackageVersion', V, (a) => isDate(a.packageVersion.publishedTime));
  await refused('DescribePackageVersion', { ...V, packageVersion: '9.9.9' }, Missing);
  await ok('ListPackageVersionAssets', V, (a) => a.assets[0].hashes['SHA-256'].length === 64);
  await refused('ListPackageVersionAssets', { ...V, packageVersion: '9.9.9' }, Missing);
  await ok('GetPackageVersionAsset', { ...V, asset: 'package.tgz' }, async (a) => a.assetName === 'package.tgz' && (await a.asset.transformToByteArray())[0] === 0x1f);
  await refused('GetPackageVersionAsset', { ...V, asset: 'none' }, Missing);
  await ok('ListPackageVersionDependencies', V, (a) => a.dependencies.length === 0);
  await refused('ListPackageVersionDependencies', { ...V, nextToken: 'none' }, Invalid);
  await ok('GetPackageVersionReadme', V, (a) => a.readme === '# Read me');
  await refused('GetPackageVersionReadme', { ...V, packageVersion: '9.9.9' }, Missing);
}

async function changes() {
  const { repository, ...elsewhere } = P;
  const copy = { ...elsewhere, sourceRepository: repository, destinationRepository: 'other' };
  await ok('CopyPackageVersions', { ...copy, versions: ['1.0.0'] }, (a) => a.successfulVersions['1.0.0'].status === 'Published');
  await refused('CopyPackageVersions', copy, Invalid);
  await ok('UpdatePackageVersionsStatus', { ...P, versions: ['1.0.0'], targetStatus: 'Archived' }, (a) => a.successfulVersions['1.0.0'].status === 'Archived');
  await refused('UpdatePackageVersionsStatus', { ...P, versions: ['1.0.0'], targetStatus: 'Unfinished' }, Invalid);
  await ok('DisposePackageVersions', { ...P, versions: ['9.9.9'] }, (a) => a.failedVersions['9.9.9'].errorCode === 'NOT_FOUND');
  await refused('DisposePackageVersions', { ...P, package: 'none', versions: ['1.0.0'] }, Missing);
  await ok('DeletePackageVersions', { ...P, versions: ['1.0.0'] }, (a) => a.successfulVersions['1.0.0'].status === 'Deleted');
  await refused('DeletePackageVersions', { ...P, package: 'none', versions: ['1.0.0'] }, Missing);
}

async function groups() {
  await ok('CreatePackageGroup', { ...G, description: 'd' }, (a) => a.packageGroup.parent.pattern === '/*');
  await refused('CreatePackageGroup', G, 'ConflictException');
  await ok('DescribePackageGroup', G, (a) => a.packageGroup.originConfiguration.restrictions.PUBLISH.mode === 'INHERIT');
  await refused('DescribePackageGroup', { ...G, packageGroup: '/npm/none/*' }, Missing);
  await ok('UpdatePackageGroup', { ...G, contactInfo: 'c' }, (a) => a.packageGroup.contactInfo === 'c' && a.packageGroup.description === 'd');
  await refused('UpdatePackageGroup', { ...G, packageGroup: 'none' }, Invalid);
  await ok('ListPackageGroups', D, (a) => a.packageGroups.length === 2);
  await refused('ListPackageGroups', none, Missing);
  await ok('ListSubPackageGroups', { ...G, packageGroup: '/*' }, (a) => a.packageGroups.length === 1);
  await refused('ListSubPackageGroups', { ...G, packageGroup: '/npm/none/*' }, Missing);
  await ok('GetAssociatedPackageGroup', { ...D, format: 'npm', namespace: 'sdk', package: 'x' }, (a) => a.associationType === 'STRONG');
  await refused('GetAssociatedPackageGroup', { ...D, format: 'npm', package: 'x', domain: 'no-sdk-domain' }, Missing);
  await ok('ListAssociatedPackages', { ...G, packageGroup: '/*' }, (a) => a.packages.some((p) => p.package === 'sdk'));
  await refused('ListAssociatedPackages', { ...G, packageGroup: '/npm/none/*' }, Missing);
  const allowed = [{ repositoryName: 'sdk', originRestrictionType: 'PUBLISH' }];
  await ok('UpdatePackageGroupOriginConfiguration', { ...G, restrictions: { PUBLISH: 'ALLOW_SPECIFIC_REPOSITORIES' }, addAllowedRepositories: allowed },
    (a) => a.allowedRepositoryUpdates.PUBLISH.ADDED[0] === 'sdk');
  await refused('UpdatePackageGroupOriginConfiguration', { ...G, restrictions: { PUBLISH: 'NONE' } }, Invalid);
  await ok('ListAllowedRepositoriesForGroup', { ...G, originRestrictionType: 'PUBLISH' }, (a) => a.allowedRepositories[0] === 'sdk');
  await refused('ListAllowedRepositoriesForGroup', { ...G, originRestrictionType: 'NONE' }, Invalid);
  await ok('DeletePackageGroup', G, (a) => a.packageGroup.pattern === G.packageGroup);
  await refused('DeletePackageGroup', { ...G, packageGroup: '/*' }, Invalid);
}

async function end() {
  await ok('DeletePackage', P, (a) => a.deletedPackage.package === 'sdk');
  await refused('DeletePackage', P, Missing);
  await refused('DeleteDomain', D, 'ConflictException');
  await ok('DeleteRepository', R, (a) => a.repository.name === 'sdk');
  await refused('DeleteRepository', { ...R, ...none }, Missing);
  await ok('DeleteRepository', { ...R, repository: 'other' }, (a) => a.repository.name === 'other');
  await ok('DeleteDomain', D, (a) => a.domain.name === domain);
}

for (const stage of [repositories, policies, packages, changes, groups, end]) await stage();
console.log(JSON.stringify({ commands, operations: Object.values(rows) }));
