// The part of Trusted Types that the island uses; not yet in TypeScript's own DOM library.
interface TrustedTypePolicyFactoryPart {
  createPolicy(name: string, rules: { createHTML: (markup: string) => string }): { createHTML(markup: string): unknown };
}
interface Window {
  readonly trustedTypes?: TrustedTypePolicyFactoryPart;
}
