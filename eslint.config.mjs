import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-config-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Stored outputs and notebook texts are shown by this extension: text that becomes
// markup is how a shared notebook would run code in somebody else's browser.
const noMarkupFromText = [
  {
    selector:
      'AssignmentExpression > MemberExpression.left[property.name=/^(innerHTML|outerHTML)$/]',
    message: 'Build elements and set textContent instead.'
  },
  {
    selector: 'CallExpression[callee.property.name="insertAdjacentHTML"]',
    message: 'Build elements and set textContent instead.'
  },
  {
    selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]',
    message: 'Give children instead.'
  }
];

export default defineConfig(
  globalIgnores([
    '.setup/',
    '.venv/',
    'coverage/',
    'dist/',
    'jupyterlab_cacheable/',
    'lib/',
    'ui-tests/playwright-report/',
    'ui-tests/test-results/'
  ]),
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['tsconfig.json', 'tsconfig.node.json'],
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      'no-restricted-syntax': ['error', ...noMarkupFromText],
      eqeqeq: 'error',
      curly: 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { args: 'none' }],
      // Lumino's pattern: a class or interface and a namespace of the same name.
      '@typescript-eslint/no-namespace': 'off',
      // A number or a boolean in a sentence is meant.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true }
      ],
      // `() => button.focus()` reads better than braces around it.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true }
      ]
    }
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/__tests__/**'],
    plugins: { jupyter },
    rules: {
      ...jupyter.configs.recommended[0].rules,
      // `signal.connect(this._onChanged, this)` is how Lumino binds.
      '@typescript-eslint/unbound-method': 'off'
    }
  },
  {
    files: ['schema/*.json'],
    plugins: { jupyter },
    extends: [jupyter.configs.recommended[1]]
  },
  {
    files: ['src/__tests__/**', 'ui-tests/**/*.ts'],
    rules: {
      // A test that knows its data says so with `!`.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off'
    }
  },
  prettier,
  // After eslint-config-prettier, which switches it off.
  { rules: { curly: 'error' } }
);
