// What the tests in ../tests/browser take from node_modules, which is here and not above them.
export { AxeBuilder } from '@axe-core/playwright';
export { expect, test as plainTest, type APIRequestContext, type Page } from '@playwright/test';
