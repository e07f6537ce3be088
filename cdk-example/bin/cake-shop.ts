import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { CakeShopStack } from '../lib/cake-shop-stack.ts';

const app = new App();

new CakeShopStack(app, 'CakeShop', {
  description: 'A cake shop whose every step is safe to retry (sample of lambda-idempotency)',
  /** `--context production=true`: tables that survive `cdk destroy` and refuse to be deleted. */
  production: `${app.node.tryGetContext('production')}` === 'true',
});

// A finding fails the synthesis, and so the deployment; each exception stands beside its cause, with its reason.
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
