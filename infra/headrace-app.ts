import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { acknowledgeFindings } from './acknowledgements.ts';
import { environmentName, loadConfig } from './config.ts';
import { emulatorSynthesizer, fitEmulator, isForEmulator } from './emulator.ts';
import { loadIngredients } from './ingredients.ts';
import type { Ingredients } from './installation.ts';
import { namesOf } from './names.ts';
import { addStacks } from './stacks/installation-stacks.ts';

/** Rule packs that what goes to an account is checked against. */
export const RULE_PACKS = [AwsSolutionsChecks, ServerlessChecks] as const;

/** App of the environment that the context value `env` names. Throws errors of one line. */
export async function headraceApp(props: AppProps = {}): Promise<App> {
  const app = new App({ autoSynth: false, ...props });
  const config = loadConfig(environmentName(app.node.tryGetContext('env')));
  fillApp(app, await loadIngredients(config));
  return app;
}

/** Adds the stacks made from these ingredients, checked by the rule packs, or, with the context value `emulator`, fit for an emulator. */
export function fillApp(app: App, ingredients: Ingredients): void {
  if (isForEmulator(app.node.tryGetContext('emulator'))) {
    addStacks(app, ingredients, emulatorSynthesizer);
    fitEmulator(app);
    return;
  }
  addStacks(app, ingredients);
  acknowledgeFindings(app, namesOf(ingredients.config.env));
  Validations.of(app).addPlugins(...RULE_PACKS.map((Pack) => new Pack(app)));
}
