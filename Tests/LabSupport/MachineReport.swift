/// One machine in `slipway status --format json`.
package struct MachineReport: Decodable {
    package let name: String
    package let power: String
    package let health: String
    package let complaints: [Complaint]
    package let cloudInit: String
    package let generation: Int
    package let digest: String?
    package let green: Bool
    package let drift: [String]
    package let units: [String]
    package let failedUnits: [String]
    package let waiting: [String]

    /// What is not well, and why.
    package struct Complaint: Decodable {
        package let name: String
        package let health: String
        package let detail: String?
    }
}
