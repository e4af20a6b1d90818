/// What host and guest share: the section `Sharing`. Nothing: what a machine needs is on its drives.
struct UTMSharing: Hashable, Sendable {
    init() {}

    var propertyList: PropertyList {
        ["ClipboardSharing": false, "DirectoryShareMode": "None", "DirectoryShareReadOnly": true]
    }
}
