/**
 * A compressed trie over texts. A walk finds every text that a path begins with, in one pass over the path: its cost
 * depends on the path's length, not on how many texts there are.
 */
export class PrefixNode<V> {
  /** What the edge to this node adds to its parent's text. */
  label: string;
  /** Length of the whole text. */
  readonly depth: number;
  value: V | undefined;
  children: Map<number, PrefixNode<V>> | undefined;

  constructor(label: string, depth: number) {
    this.label = label;
    this.depth = depth;
    this.value = undefined;
    this.children = undefined;
  }
}

export class PrefixTree<V> {
  readonly root = new PrefixNode<V>("", 0);

  /** The value kept for `text`, made by `create` when there is none yet. */
  at(text: string, create: () => V): V {
    let node = this.root;
    let position = 0;
    while (position < text.length) {
      const code = text.charCodeAt(position);
      node.children ??= new Map();
      const child = node.children.get(code);
      if (child === undefined) {
        const leaf = new PrefixNode<V>(text.slice(position), text.length);
        node.children.set(code, leaf);
        node = leaf;
        break;
      }
      const shared = sharedLength(child.label, text, position);
      position += shared;
      node = shared < child.label.length ? split(node, child, shared) : child;
    }
    node.value ??= create();
    return node.value;
  }

  /**
   * Writes the nodes with a value whose texts `path` begins with to `found`, the shortest first, and returns how many there
   * are. `found` keeps what it held behind that: it is the caller's, to be used again without allocation.
   */
  walk(path: string, found: PrefixNode<V>[]): number {
    let count = 0;
    let node: PrefixNode<V> | undefined = this.root;
    while (node !== undefined) {
      if (node.value !== undefined) found[count++] = node;
      if (node.children === undefined || node.depth >= path.length) break;
      const child: PrefixNode<V> | undefined = node.children.get(path.charCodeAt(node.depth));
      node =
        child?.label.length === 1 || child === undefined || path.startsWith(child.label, node.depth)
          ? child
          : undefined;
    }
    return count;
  }
}

function sharedLength(label: string, text: string, from: number): number {
  let length = 0;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(from + length)) length++;
  return length;
}

/** Puts a node between `parent` and `child` where their texts part after `shared` characters of the child's label. */
function split<V>(parent: PrefixNode<V>, child: PrefixNode<V>, shared: number): PrefixNode<V> {
  const middle = new PrefixNode<V>(child.label.slice(0, shared), parent.depth + shared);
  parent.children?.set(child.label.charCodeAt(0), middle);
  child.label = child.label.slice(shared);
  middle.children = new Map([[child.label.charCodeAt(0), child]]);
  return middle;
}
