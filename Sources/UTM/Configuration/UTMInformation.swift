/// What UTM lists a machine by: the section `Information`.
struct UTMInformation: Hashable, Sendable {
    var name: String
    /// Upper case with dashes. When UTM knows another machine with the same one, it gives this machine a new one and keeps
    /// it to itself: the file stays as it was.
    var uuid: String

    init(name: String, uuid: String) {
        self.name = name
        self.uuid = uuid
    }

    var propertyList: PropertyList { ["IconCustom": false, "Name": .string(name), "UUID": .string(uuid)] }
}
