// The AWS SDK refuses to sign without a region and credentials; local endpoints accept any.
Object.assign(process.env, {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  ...process.env,
});

// The SDK prints its notice once per test file otherwise.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

// Tests that look at this library's warnings listen for themselves.
const { emitWarning } = process;
process.emitWarning = ((warning: string, options: { type?: string } | undefined, ...rest: []) => {
  if (options?.type !== 'IdempotencyWarning') emitWarning(warning, options as object, ...rest);
}) as typeof emitWarning;
