/** All that the command line knows of the generator: shells reach nothing below the host. */
export { type GeneratorOptions, generateUpdates, generatorOptionsSchema } from '../ingestion/generator';
