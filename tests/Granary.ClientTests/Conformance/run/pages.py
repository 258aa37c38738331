"""Every paginator of the model walked page by page, and the one listing that has pages and no paginator."""
import json

import model
from world import DEPENDENCIES, DO, G, GROUP, P, R, V

# What each listing lists here; at least three of it, else its pages would show nothing.
LISTINGS = {
    "ListDomains": {},
    "ListRepositories": {},
    "ListRepositoriesInDomain": DO,
    "ListPackages": R,
    "ListPackageVersions": P,
    "ListPackageVersionAssets": {**G, "packageVersion": "1.0.0"},
    "ListPackageGroups": DO,
    "ListSubPackageGroups": {**DO, "packageGroup": "/*"},
    "ListAssociatedPackages": {**DO, "packageGroup": "/npm/pages/*", "preview": True},
    "ListAllowedRepositoriesForGroup": {**DO, "packageGroup": GROUP, "originRestrictionType": "PUBLISH"},
}
DEPENDENCIES_OF_MANY = {**R, "format": "npm", "package": "many", "packageVersion": "1.0.0"}


def has_several(operation):
    """Only a package of format generic has more than one asset here, and an old model has no operation to publish one."""
    return operation != "ListPackageVersionAssets" or "PublishPackageVersion" in model.OPERATIONS


def listings():
    """The listings that the model knows, by operation."""
    every = {**LISTINGS, "ListPackageVersionDependencies": DEPENDENCIES_OF_MANY}
    if not has_several("ListPackageVersionAssets"):
        every["ListPackageVersionAssets"] = V
    return {operation: params for operation, params in every.items() if operation in model.OPERATIONS}


def walk(calls, operation, params, key, size_member=None, size=None):
    """The items of all pages in their order, and how many pages there were."""
    items, token, count = [], None, 0
    while True:
        page = dict(params)
        if size:
            page[size_member] = size
        if token:
            page["nextToken"] = token
        answer = calls.ok(operation, page)
        shown = answer.get(key, [])
        items += [json.dumps(item, sort_keys=True) for item in shown]
        count += 1
        if size and len(shown) > size:
            calls.report.fail(operation, "pages", f"a page of {size}", page, None, [f"{len(shown)} items"])
        token = answer.get("nextToken")
        if not token:
            return items, count


def run(calls):
    """One row for each paginator: how many items and, by the size of a page, how many pages."""
    rows = []
    for operation, paginator in sorted(model.PAGINATORS.items()):
        params = listings()[operation]
        walks = {size: walk(calls, operation, params, paginator["result_key"], paginator["limit_key"], size) for size in (1, 2, 1000)}
        again, _ = walk(calls, operation, params, paginator["result_key"])
        whole, _ = walks[1000]
        rows.append({"operation": operation, "items": len(whole), "pages": {str(size): pages for size, (_, pages) in walks.items()}})
        wrong = [f"pages of {size} show other items or another order" for size, (items, _) in walks.items() if items != whole]
        if again != whole:
            wrong.append("pages of the usual size show other items or another order")
        if len(set(whole)) != len(whole):
            wrong.append("an item is shown twice")
        if len(whole) < 3 and has_several(operation):
            wrong.append(f"{len(whole)} items are too few to page through")
        if wrong:
            calls.report.fail(operation, "pages", "pages of 1, 2 and 1000", params, None, wrong)
    rows.append(_dependencies(calls))
    return rows


def _dependencies(calls):
    operation = "ListPackageVersionDependencies"
    first, pages = walk(calls, operation, DEPENDENCIES_OF_MANY, "dependencies")
    again, _ = walk(calls, operation, DEPENDENCIES_OF_MANY, "dependencies")
    if first != again or len(set(first)) != DEPENDENCIES or len(first) != DEPENDENCIES or pages < 2:
        calls.report.fail(operation, "pages", "its own pages", DEPENDENCIES_OF_MANY, None, [f"{len(first)} items on {pages} pages, {len(set(first))} distinct"])
    return {"operation": operation, "items": len(first), "pages": {"its own": pages}}
