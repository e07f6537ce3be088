import { ofClaims } from './in-claims.js';
import { ofFinishes } from './in-finishes.js';
import { ofStores } from './in-stores.js';
import { onceReal } from './once-real.js';
import type { PlantedBug } from './planted-bug.js';

export const plantedBugs: readonly PlantedBug[] = [...ofStores, ...ofClaims, ...ofFinishes, ...onceReal];

/** @throws for a name that no bug has */
export const bugNamed = (name: string | undefined): PlantedBug => {
  const bug = plantedBugs.find((each) => each.name === name);
  if (bug) return bug;
  throw new Error(
    `There is no planted bug "${name}". There are:\n${plantedBugs.map((each) => each.name).join('\n')}`,
  );
};
