/**
 * What an element is made with. Values of foreign origin belong in `text`,
 * `title` or `label` only: none of these is parsed as markup.
 */
export interface IElementOptions {
  class?: string;
  text?: string;
  title?: string;
  /** The accessible name, `aria-label`. */
  label?: string;
  role?: string;
  attributes?: Readonly<Record<string, string>>;
  onClick?: (event: MouseEvent) => void;
}

/**
 * Make an element with its children. Strings become text nodes.
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: IElementOptions = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (options.class !== undefined) {
    node.className = options.class;
  }
  if (options.text !== undefined) {
    node.textContent = options.text;
  }
  if (options.title !== undefined) {
    node.title = options.title;
  }
  if (options.label !== undefined) {
    node.setAttribute('aria-label', options.label);
  }
  if (options.role !== undefined) {
    node.setAttribute('role', options.role);
  }
  for (const [name, value] of Object.entries(options.attributes ?? {})) {
    node.setAttribute(name, value);
  }
  if (options.onClick) {
    node.addEventListener('click', options.onClick as EventListener);
  }
  node.append(...children);
  return node;
}

/**
 * A native push button.
 */
export function button(
  options: IElementOptions,
  ...children: (Node | string)[]
): HTMLButtonElement {
  const node = element('button', options, ...children);
  node.type = 'button';
  return node;
}

/**
 * Make a node that may be longer than its box reachable for the arrow keys.
 */
export function scrolled<T extends HTMLElement>(node: T): T {
  node.tabIndex = 0;
  return node;
}

/**
 * Set the text of a node that holds nothing but text, if it differs.
 */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/**
 * Make `nodes` the children of `parent`, in order, moving as few as possible:
 * a node that stays in place keeps focus and scroll position.
 */
export function arrange(parent: Element, nodes: readonly Element[]): void {
  const wanted = new Set<Element>(nodes);
  for (const child of Array.from(parent.children)) {
    if (!wanted.has(child)) {
      child.remove();
    }
  }
  let cursor: Element | null = parent.firstElementChild;
  for (const node of nodes) {
    if (node === cursor) {
      cursor = cursor.nextElementSibling;
    } else {
      parent.insertBefore(node, cursor);
    }
  }
}
