import { describe, expect, it } from '@jest/globals';
import { IdempotencyConfigError, IdempotencyKeyError, makeIdempotent } from 'lambda-idempotency';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
import { alb, apiGatewayRest, type EventSource, httpApi } from 'lambda-idempotency/sources';
import { albEvent, changed, context, functionUrlIamEvent, httpEvent, restEvent } from './fixtures.js';

/** A handler that answers with the number of its run, so that an answer shared by two callers shows. */
const ordersOf = (source: EventSource, scope?: (event: never) => string) => {
  let runs = 0;
  const handler = makeIdempotent(async (_event: never, _context: unknown) => ++runs, {
    persistenceStore: new MemoryPersistenceLayer(),
    config: { source, ...(scope && { scope }) },
    keyPrefix: 'orders',
  });
  return (event: unknown): Promise<number> => handler(event as never, context);
};

const refusalOf = async (source: EventSource, event: unknown): Promise<Error> => {
  const error = await ordersOf(source)(event).then(
    (run) => new Error(`not refused: run ${run}`),
    (thrown: Error) => thrown,
  );
  expect(error).toBeInstanceOf(IdempotencyKeyError);
  return error;
};

const AUTHORIZER = 'requestContext.authorizer';
const CERTIFICATE = 'requestContext.authentication';
const tenant = (name: string) => changed(httpEvent, { [AUTHORIZER]: { lambda: { tenantId: name } } });
const certified = (subjectDN: string, issuerDN = 'CN=Partner CA', serialNumber = '1') => {
  const clientCert = { clientCertPem: 'PEM', subjectDN, issuerDN, serialNumber, validity: {} };
  return {
    http: changed(httpEvent, { [AUTHORIZER]: undefined, [CERTIFICATE]: { clientCert } }),
    rest: changed(restEvent, {
      [AUTHORIZER]: undefined,
      'requestContext.identity.clientCert': clientCert,
    }),
  };
};

describe('two tenants never share an answer', () => {
  const FIELDS = 'principalId, sub, client_id, userArn or cognitoIdentity.identityId';
  const nameless = `The key of a call to orders would be shared by all callers: the event has an authorizer, but none of its fields ${FIELDS} says who calls; set \`principal\` of the source to a function that returns the caller, or set \`scope\`. Nothing ran.`;

  it.each([
    ['a Lambda authorizer with a context of its own', httpApi(), tenant('secret-tenant')],
    [
      'a Lambda authorizer that says only yes',
      httpApi(),
      changed(httpEvent, { [AUTHORIZER]: { lambda: null } }),
    ],
    [
      'a token that names its issuer only',
      httpApi(),
      changed(httpEvent, { [AUTHORIZER]: { jwt: { claims: { iss: 'https://login.example.com/' } } } }),
    ],
    [
      'a REST authorizer without a principal',
      apiGatewayRest(),
      changed(restEvent, { [AUTHORIZER]: { tenantId: 'secret-tenant', integrationLatency: 3 } }),
    ],
    [
      'a REST authorizer without a principal beside an API key, which all tenants may share',
      apiGatewayRest(),
      changed(restEvent, {
        [AUTHORIZER]: { tenantId: 'secret-tenant' },
        'requestContext.identity.apiKeyId': 'key-of-the-app',
      }),
    ],
  ])('refused: %s', async (_, source, event) => {
    const error = await refusalOf(source, event);
    expect(error.message).toBe(nameless);
  });

  it('refused: a client certificate without a subject', async () => {
    const { http, rest } = certified('');
    for (const [source, event] of [
      [httpApi(), http],
      [apiGatewayRest(), rest],
    ] as const) {
      const { message } = await refusalOf(source, event);
      expect(message).toContain('the event has a client certificate, but its subjectDN is empty');
      expect(message).toContain('set `principal`');
    }
  });

  it.each(['x-amzn-oidc-data', 'X-Amzn-Oidc-Identity', 'x-amzn-mtls-clientcert-subject'])(
    'refused: a caller whom a load balancer authenticated (%s)',
    async (header) => {
      const event = changed(albEvent, { [`headers.${header}`]: 'secret-caller' });
      const { message } = await refusalOf(alb(), event);
      expect(message).toContain(`authenticated the caller (header ${header.toLowerCase()})`);
      expect(message).not.toContain('secret');
      await expect(ordersOf(alb({ principal: () => 'ada' }))(event)).resolves.toBe(1);
    },
  );

  it.each([
    ['no authorizer', changed(httpEvent, { [AUTHORIZER]: undefined })],
    ['an authorizer without a member', changed(httpEvent, { [AUTHORIZER]: {} })],
  ])('not refused: %s', async (_, event) => {
    await expect(ordersOf(httpApi())(event)).resolves.toBe(1);
  });

  it('not refused where `scope` keeps tenants apart', async () => {
    const call = ordersOf(httpApi(), (event: ReturnType<typeof tenant>) => {
      const authorizer: unknown = Reflect.get(event.requestContext, 'authorizer');
      return (authorizer as { lambda: { tenantId: string } }).lambda.tenantId;
    });
    expect([await call(tenant('north')), await call(tenant('south')), await call(tenant('north'))]).toEqual([
      1, 2, 1,
    ]);
  });

  it('not refused where there is no key to share', async () => {
    const keyless = changed(tenant('north'), { 'headers.idempotency-key': undefined });
    await expect(ordersOf(httpApi())(keyless)).resolves.toBe(1);
  });
});

describe('a client certificate', () => {
  it.each(['http', 'rest'] as const)('keeps its holders apart (%s)', async (api) => {
    const call = ordersOf(api === 'http' ? httpApi() : apiGatewayRest());
    expect(await call(certified('CN=ada')[api])).toBe(1);
    expect(await call(certified('CN=bob')[api])).toBe(2);
    expect(await call(certified('CN=ada', 'CN=Another CA')[api])).toBe(3);
    // Renewed: another serial number.
    expect(await call(certified('CN=ada', 'CN=Partner CA', '2')[api])).toBe(1);
  });
});

describe('principal', () => {
  const byTenant = httpApi({
    principal: (event) => {
      const authorizer: unknown = Reflect.get(event.requestContext, 'authorizer');
      return (authorizer as { lambda: { tenantId: string } }).lambda.tenantId;
    },
  });

  it('says who calls', async () => {
    const call = ordersOf(byTenant);
    expect([await call(tenant('north')), await call(tenant('south')), await call(tenant('north'))]).toEqual([
      1, 2, 1,
    ]);
  });

  it('replaces what the event says', async () => {
    const call = ordersOf(httpApi({ principal: () => 'everybody' }));
    expect(await call(httpEvent)).toBe(1);
    expect(await call(changed(httpEvent, { [`${AUTHORIZER}.jwt.claims.sub`]: 'user-bob' }))).toBe(1);
  });

  it('may be several parts, whose borders count', async () => {
    let parts: readonly string[] = ['ab', 'c'];
    const call = ordersOf(httpApi({ principal: () => parts }));
    expect(await call(httpEvent)).toBe(1);
    parts = ['a', 'bc'];
    expect(await call(httpEvent)).toBe(2);
  });

  it.each([
    ['undefined', undefined],
    ['an empty string', ''],
    ['no part', []],
    ['a part that is empty', ['ada', '']],
    ['a number', 7],
  ])('that returns %s refuses the call', async (_, answer) => {
    const { message } = await refusalOf(httpApi({ principal: () => answer as string }), httpEvent);
    expect(message).toBe(
      'The key of a call to orders cannot be computed: the function `principal` must return a non-empty string, or an array of them. Nothing ran.',
    );
  });

  it('that throws refuses the call, with its error as the cause', async () => {
    const cause = new Error('no tenant in secret-payload');
    const source = httpApi({
      principal: () => {
        throw cause;
      },
    });
    const error = await refusalOf(source, httpEvent);
    expect(error.message).toMatch(/the function `principal` threw/);
    expect(error.message).not.toMatch(/secret/);
    expect(error.cause).toBe(cause);
  });

  it('with half a surrogate pair is refused, as its bytes are those of another', async () => {
    const event = changed(httpEvent, { [`${AUTHORIZER}.jwt.claims.sub`]: 'secret\udc00' });
    for (const call of [
      refusalOf(httpApi(), event),
      refusalOf(httpApi({ principal: () => 'secret\ud800' }), httpEvent),
    ]) {
      const { message } = await call;
      expect(message).toMatch(/a part of its scope contains half a surrogate pair/);
      expect(message).not.toMatch(/secret/);
    }
  });

  it.each([
    ['principal', { principal: 'ada' }, 'httpApi(): `principal` must be a function.'],
    ['iamIdentity', { iamIdentity: 'user' }, "httpApi(): `iamIdentity` must be 'role' or 'session'."],
    ['header', { header: '' }, 'httpApi(): `header` must be a non-empty string.'],
    [
      'windowSeconds',
      { windowSeconds: 0 },
      'httpApi(): `windowSeconds` must be a whole number of 1 or more.',
    ],
  ])('a wrong %s is refused when the source is made', (_, options, message) => {
    expect(() => httpApi(options as never)).toThrow(new IdempotencyConfigError(message));
  });

  it('an unknown option is refused when the source is made', () => {
    expect(() => apiGatewayRest({ bodyfield: 'token' } as never)).toThrow(
      'apiGatewayRest(): unknown option `bodyfield`.',
    );
  });
});

describe('an IAM caller', () => {
  const session = (role: string, name: string, account = '111122223333') =>
    `arn:aws:sts::${account}:assumed-role/${role}/${name}`;
  const withArn = {
    http: (arn: string) => changed(functionUrlIamEvent, { [`${AUTHORIZER}.iam.userArn`]: arn }),
    rest: (arn: string) =>
      changed(restEvent, { [AUTHORIZER]: undefined, 'requestContext.identity.userArn': arn }),
  };

  it.each(['http', 'rest'] as const)(
    'that restarts under a new session name is the same (%s)',
    async (api) => {
      const call = ordersOf(api === 'http' ? httpApi() : apiGatewayRest());
      expect(await call(withArn[api](session('shop', 'task-1')))).toBe(1);
      expect(await call(withArn[api](session('shop', 'task-2')))).toBe(1);
      expect(await call(withArn[api](session('kitchen', 'task-1')))).toBe(2);
      expect(await call(withArn[api](session('shop', 'task-1', '444455556666')))).toBe(3);
      expect(await call(withArn[api](session('shop', 'task-1').replace('arn:aws:', 'arn:aws-cn:')))).toBe(4);
    },
  );

  it.each(['http', 'rest'] as const)("is one per session with iamIdentity: 'session' (%s)", async (api) => {
    const source =
      api === 'http' ? httpApi({ iamIdentity: 'session' }) : apiGatewayRest({ iamIdentity: 'session' });
    const call = ordersOf(source);
    expect(await call(withArn[api](session('shop', 'ada@example.com')))).toBe(1);
    expect(await call(withArn[api](session('shop', 'bob@example.com')))).toBe(2);
    expect(await call(withArn[api](session('shop', 'ada@example.com')))).toBe(1);
  });

  it('that is a user, a federated user or the root is its whole ARN', async () => {
    const call = ordersOf(httpApi());
    const arns = [
      'arn:aws:iam::111122223333:user/ada',
      'arn:aws:iam::111122223333:user/ada/admin',
      'arn:aws:sts::111122223333:federated-user/ada',
      'arn:aws:sts::111122223333:federated-user/bob',
      'arn:aws:iam::111122223333:root',
    ];
    const runs: number[] = [];
    for (const arn of [...arns, ...arns]) runs.push(await call(withArn.http(arn)));
    expect(runs).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
  });

  it('of a Cognito identity pool, where all share one session, is its identity', async () => {
    const call = ordersOf(httpApi());
    const of = (identityId: string) =>
      changed(withArn.http(session('pool-role', 'CognitoIdentityCredentials')), {
        [`${AUTHORIZER}.iam.cognitoIdentity`]: { amr: ['authenticated'], identityId, identityPoolId: 'pool' },
      });
    expect([await call(of('id-ada')), await call(of('id-bob')), await call(of('id-ada'))]).toEqual([1, 2, 1]);
  });
});
