import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { CakeShopStack } from '../lib/cake-shop-stack.ts';
import { settingsOf } from '../lib/settings.ts';

const app = new App();
const { stage, disposable } = settingsOf(app.node);

new CakeShopStack(app, `CakeShop-${stage}`, {
  description: 'A cake shop whose every step is safe to retry (sample of lambda-idempotency)',
  disposable,
});

// A finding fails the synthesis, and so the deployment; each exception stands beside its cause, with its reason.
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
