/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tree.c - the extents that wait at one end, as a red-black tree by their start
 *
 * A tree because an attacker chooses the order, and this one because Linux has it: which of two
 * extents a later segment meets first on its way down decides whether it is appended to the one or
 * thrown away because of the other. So the shape is part of the answer. Rules as in Cormen et al.,
 * "Introduction to Algorithms", chapter 13, with the successor taking the place of what is removed.
 */
#include "stream/stream.h"

static inline struct block *at(const struct arena *arena, uint32_t index)
{
	return block_at(arena, index);
}

static bool is_red(const struct arena *arena, uint32_t index)
{
	return index != NONE && at(arena, index)->red;
}

/* What points to a node: its parent's link, or the root. */
static void link_set(const struct arena *arena, struct trouble_end *side, uint32_t parent,
		     uint32_t old, uint32_t new)
{
	if (parent == NONE)
		side->root = new;
	else if (at(arena, parent)->child[0] == old)
		at(arena, parent)->child[0] = new;
	else
		at(arena, parent)->child[1] = new;
	if (new != NONE)
		at(arena, new)->parent = parent;
}

/* The child on the other side comes up; way 0: left. */
static void rotate(const struct arena *arena, struct trouble_end *side, uint32_t index,
		   unsigned int way)
{
	struct block *node = at(arena, index);
	uint32_t up = node->child[!way], middle = at(arena, up)->child[way];

	link_set(arena, side, node->parent, index, up);
	node->child[!way] = middle;
	if (middle != NONE)
		at(arena, middle)->parent = index;
	at(arena, up)->child[way] = index;
	node->parent = up;
}

static unsigned int way_of(const struct arena *arena, uint32_t parent, uint32_t index)
{
	return at(arena, parent)->child[1] == index;
}

void tree_insert(const struct arena *arena, struct trouble_end *side, uint32_t parent,
		 unsigned int way, uint32_t index)
{
	struct block *node = at(arena, index);

	node->child[0] = node->child[1] = NONE;
	node->parent = parent;
	node->red = true;
	if (parent == NONE)
		side->root = index;
	else
		at(arena, parent)->child[way] = index;
	while (is_red(arena, at(arena, index)->parent)) {
		uint32_t grand, uncle;

		parent = at(arena, index)->parent;
		grand = at(arena, parent)->parent;
		way = way_of(arena, grand, parent);
		uncle = at(arena, grand)->child[!way];
		if (is_red(arena, uncle)) {
			at(arena, parent)->red = at(arena, uncle)->red = false;
			at(arena, grand)->red = true;
			index = grand;
			continue;
		}
		if (way_of(arena, parent, index) != way) {
			rotate(arena, side, parent, way);
			parent = index;
		}
		at(arena, parent)->red = false;
		at(arena, grand)->red = true;
		rotate(arena, side, grand, !way);
		break;
	}
	at(arena, side->root)->red = false;
	side->first = tree_end(arena, side, 0);
}

void tree_replace(const struct arena *arena, struct trouble_end *side, uint32_t old, uint32_t new)
{
	const struct block *from = at(arena, old);
	struct block *to = at(arena, new);

	to->red = from->red;
	link_set(arena, side, from->parent, old, new);
	for (unsigned int way = 0; way < 2; way++) {
		to->child[way] = from->child[way];
		if (to->child[way] != NONE)
			at(arena, to->child[way])->parent = new;
	}
	side->first = tree_end(arena, side, 0);
}

/* One black node is missing on the way down through this child, which may be none. */
static void rebalance(const struct arena *arena, struct trouble_end *side, uint32_t parent,
		      uint32_t index)
{
	while (parent != NONE && !is_red(arena, index)) {
		unsigned int way = index == NONE ? at(arena, parent)->child[0] != NONE :
						   way_of(arena, parent, index);
		uint32_t sibling = at(arena, parent)->child[!way];

		if (is_red(arena, sibling)) {
			at(arena, sibling)->red = false;
			at(arena, parent)->red = true;
			rotate(arena, side, parent, way);
			sibling = at(arena, parent)->child[!way];
		}
		if (!is_red(arena, at(arena, sibling)->child[0]) &&
		    !is_red(arena, at(arena, sibling)->child[1])) {
			at(arena, sibling)->red = true;
			index = parent;
			parent = at(arena, parent)->parent;
			continue;
		}
		if (!is_red(arena, at(arena, sibling)->child[!way])) {
			at(arena, at(arena, sibling)->child[way])->red = false;
			at(arena, sibling)->red = true;
			rotate(arena, side, sibling, !way);
			sibling = at(arena, parent)->child[!way];
		}
		at(arena, sibling)->red = at(arena, parent)->red;
		at(arena, parent)->red = false;
		at(arena, at(arena, sibling)->child[!way])->red = false;
		rotate(arena, side, parent, way);
		return;
	}
	if (index != NONE)
		at(arena, index)->red = false;
}

void tree_remove(const struct arena *arena, struct trouble_end *side, uint32_t index)
{
	struct block *node = at(arena, index);
	uint32_t child, parent = node->parent;
	bool red = node->red;

	if (node->child[0] == NONE || node->child[1] == NONE) {
		child = node->child[node->child[0] == NONE];
		link_set(arena, side, parent, index, child);
	} else {
		uint32_t next = node->child[1];
		struct block *heir;

		while (at(arena, next)->child[0] != NONE)
			next = at(arena, next)->child[0];
		heir = at(arena, next);
		red = heir->red;
		child = heir->child[1];
		parent = heir->parent == index ? next : heir->parent;
		if (heir->parent != index) {
			link_set(arena, side, heir->parent, next, child);
			heir->child[1] = node->child[1];
			at(arena, heir->child[1])->parent = next;
		}
		link_set(arena, side, node->parent, index, next);
		heir->child[0] = node->child[0];
		at(arena, heir->child[0])->parent = next;
		heir->red = node->red;
	}
	if (!red)
		rebalance(arena, side, parent, child);
	side->first = tree_end(arena, side, 0);
	if (side->last == index)
		side->last = tree_end(arena, side, 1);
}

uint32_t tree_end(const struct arena *arena, const struct trouble_end *side, unsigned int way)
{
	uint32_t index = side->root;

	while (index != NONE && at(arena, index)->child[way] != NONE)
		index = at(arena, index)->child[way];
	return index;
}

uint32_t tree_next(const struct arena *arena, uint32_t index)
{
	uint32_t next = at(arena, index)->child[1];

	if (next != NONE) {
		while (at(arena, next)->child[0] != NONE)
			next = at(arena, next)->child[0];
		return next;
	}
	for (next = at(arena, index)->parent; next != NONE && at(arena, next)->child[1] == index;
	     next = at(arena, next)->parent)
		index = next;
	return next;
}
