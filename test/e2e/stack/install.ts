import { installEmulator } from './emulator.ts';

// Apart from the tests, so that whoever runs them can tell a machine without Python or packages from a test that failed.
await installEmulator();
