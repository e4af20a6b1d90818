"""sbom.py FILE: has SPDX's own library read and validate a bill of materials, and the package URLs' own read those.

Prints a line `NAME VERSION LICENCE PURL` for each package; what is not valid is named and makes the exit status 1.
"""
import sys

from packageurl import PackageURL
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document


def main():
    document = parse_file(sys.argv[1])
    faults = [message.validation_message for message in validate_full_spdx_document(document, "SPDX-2.3")]
    for package in document.packages:
        locators = [reference.locator for reference in package.external_references]
        for locator in locators:
            if PackageURL.from_string(locator).to_string() != locator:
                faults.append(f"not in its one spelling: {locator}")
        print(package.name, package.version, package.license_declared, *locators)
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


main()
